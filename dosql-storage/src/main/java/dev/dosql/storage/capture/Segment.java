package dev.dosql.storage.capture;

import java.nio.file.Path;

/**
 * A segment in a local file: complete, forced, never changed.
 *
 * @param txid its number in its lineage
 * @param checksum its file checksum, flag bit included
 * @param chain the hash over all segments up to and with this one
 * @param file where it lies
 * @param length the length of the file in bytes
 * @param timestampMillis when its last commit was made, milliseconds since 1970
 * @param image whether it holds every page
 */
public record Segment(
    long txid,
    long checksum,
    String chain,
    Path file,
    long length,
    long timestampMillis,
    boolean image) {}
