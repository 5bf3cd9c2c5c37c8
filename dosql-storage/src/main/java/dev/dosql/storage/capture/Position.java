package dev.dosql.storage.capture;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A place in a history: after which segment, and what all segments up to it were. Immutable.
 *
 * <p>{@code chain(0)} is the first 16 hex digits of the SHA-256 of the lineage; {@code chain(N)}
 * those of {@code chain(N-1) + ':' + hex16(file checksum of segment N)}.
 *
 * @param lineage the history, 16 lower-case hex digits
 * @param txid the last segment, from 1, or 0 before the first
 * @param chain the hash over the segments so far, 16 lower-case hex digits
 */
public record Position(String lineage, long txid, String chain) {

  private static final Pattern HEX = Pattern.compile("[0-9a-f]{16}");

  /**
   * Checks the components.
   *
   * @param lineage the history
   * @param txid the last segment
   * @param chain the hash over the segments so far
   */
  public Position {
    if (!HEX.matcher(lineage).matches() || !HEX.matcher(chain).matches() || txid < 0) {
      throw new IllegalArgumentException(
          "position refused: needed 16 hex digits, 0 or more, 16 hex digits"
              + " (lineage=%s, txid=%d, chain=%s)".formatted(lineage, txid, chain));
    }
  }

  /**
   * Returns where a history begins.
   *
   * @param lineage the history
   * @return the position before its first segment
   */
  public static Position start(String lineage) {
    return new Position(lineage, 0, hash(lineage));
  }

  /**
   * Returns the position after one more segment.
   *
   * @param checksum the file checksum of that segment
   * @return the next position
   */
  public Position next(long checksum) {
    return new Position(
        lineage, txid + 1, hash(chain + ':' + HexFormat.of().toHexDigits(checksum)));
  }

  private static String hash(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] hash = digest.digest(text.getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(Arrays.copyOf(hash, 8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e); // every Java platform has it
    }
  }
}
