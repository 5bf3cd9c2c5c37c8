package dev.dosql.examples.api;

import java.time.Instant;

/** A comment on a post, as it is stored and as it is sent. */
public record Comment(long id, long postId, long userId, String body, Instant createdAt) {}
