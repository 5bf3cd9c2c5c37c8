package dev.dosql.storage.capture;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

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
 * @param imageReason why all pages had to be written, for people to read; null if nothing called
 *     for it, and of a segment that was found on the disk
 */
public record Segment(
    long txid,
    long checksum,
    String chain,
    Path file,
    long length,
    long timestampMillis,
    boolean image,
    @Nullable String imageReason) {

  /**
   * Makes a segment without a reason.
   *
   * @param txid its number in its lineage
   * @param checksum its file checksum, flag bit included
   * @param chain the hash over all segments up to and with this one
   * @param file where it lies
   * @param length the length of the file in bytes
   * @param timestampMillis when its last commit was made, milliseconds since 1970
   * @param image whether it holds every page
   */
  public Segment(
      long txid,
      long checksum,
      String chain,
      Path file,
      long length,
      long timestampMillis,
      boolean image) {
    this(txid, checksum, chain, file, length, timestampMillis, image, null);
  }
}
