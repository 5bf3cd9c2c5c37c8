package dev.dosql.examples.api;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A user, as it is stored and as it is sent.
 *
 * @param version one more with each change; the ETag
 */
public record User(
    long id,
    String name,
    String email,
    @Nullable String bio,
    long version,
    Instant createdAt,
    Instant updatedAt) {}
