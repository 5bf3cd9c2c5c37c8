package dev.dosql.examples.api;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;

/** The body of a POST or PUT of a post. */
record NewPost(
    @NotBlank @Size(max = 200) String title,
    @NotBlank @Size(max = 20_000) String content,
    boolean published) {}
