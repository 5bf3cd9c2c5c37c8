package dev.dosql.examples.api;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.Size;

/** The body of a POST of a comment. */
record NewComment(@Positive long postId, @NotBlank @Size(max = 2_000) String body) {}
