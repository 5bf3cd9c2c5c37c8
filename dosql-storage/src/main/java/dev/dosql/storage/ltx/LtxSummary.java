package dev.dosql.storage.ltx;

/**
 * What is known of an LTX file once all of it was written, or read and verified.
 *
 * @param header its header
 * @param checksum its file checksum, as in its last 8 bytes: the CRC with the highest bit set
 * @param length its length in bytes
 * @param pages the number of pages in it
 */
public record LtxSummary(LtxHeader header, long checksum, long length, long pages) {}
