package dev.dosql.storage.replica;

import org.jspecify.annotations.Nullable;

/**
 * A tenant that was claimed and restored in one go.
 *
 * @param claim the claim
 * @param restored what was restored, up to the fence of the claim if it has one; null if nothing
 *     was ever put
 */
public record TakenOver(Claim claim, @Nullable Restored restored) {}
