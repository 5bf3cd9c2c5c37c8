package dev.dosql.storage.replica;

import dev.dosql.storage.capture.Position;

/**
 * A snapshot as the head lists it: the object {@code 1-N} with every page of one position.
 *
 * @param position the position whose pages it holds
 * @param length the length of the object in bytes
 * @param checksum its file checksum, flag bit included
 */
public record Snapshot(Position position, long length, long checksum) {}
