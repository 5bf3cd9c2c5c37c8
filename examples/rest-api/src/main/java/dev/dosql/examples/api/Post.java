package dev.dosql.examples.api;

import java.time.Instant;

/** A post, as it is stored and as version 1 of the API sends it. */
public record Post(
    long id,
    long userId,
    String title,
    String content,
    boolean published,
    long version,
    Instant createdAt,
    Instant updatedAt) {}
