package dev.dosql.storage.ltx;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of LTX files, and the numbers that every one of them keeps to. */
public final class LtxFiles {

  /** The smallest page size of SQLite. */
  public static final int PAGE_SIZE_MIN = 512;

  /** The largest page size of SQLite. */
  public static final int PAGE_SIZE_MAX = 65_536;

  /** The most pages that a database has, by "Limits In SQLite". */
  static final long PAGES_MAX = 0xffff_fffeL;

  /** Where SQLite locks bytes of the database file; the page there is never used. */
  private static final long LOCK_BYTE = 0x4000_0000L;

  private static final Pattern NAME = Pattern.compile("([0-9a-f]{16})-([0-9a-f]{16})\\.ltx");

  private LtxFiles() {}

  /**
   * The transactions in one file.
   *
   * @param min the first, from 1
   * @param max the last, at least {@code min}
   */
  public record Range(long min, long max) {

    /**
     * Checks the order.
     *
     * @param min the first, from 1
     * @param max the last, at least {@code min}
     * @throws IllegalArgumentException if {@code min} is less than 1, or more than {@code max}
     */
    public Range {
      if (min < 1 || max < min) {
        throw new IllegalArgumentException(
            "txids refused: min=%d max=%d, needed 1 <= min <= max".formatted(min, max));
      }
    }
  }

  /**
   * Returns the name of a file, such as {@code 0000000000000001-000000000000001f.ltx}.
   *
   * @param minTxid its first transaction, from 1
   * @param maxTxid its last transaction, at least {@code minTxid}
   * @return the name
   * @throws IllegalArgumentException if the transactions are out of order
   */
  public static String name(long minTxid, long maxTxid) {
    Range range = new Range(minTxid, maxTxid);
    return "%016x-%016x.ltx".formatted(range.min(), range.max());
  }

  /**
   * Reads a name, without a directory.
   *
   * @param name any name
   * @return its transactions; empty if {@link #name} does not write such a name
   */
  public static Optional<Range> parse(String name) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long min = Long.parseUnsignedLong(matcher.group(1), 16);
    long max = Long.parseUnsignedLong(matcher.group(2), 16);
    return min < 1 || max < min ? Optional.empty() : Optional.of(new Range(min, max));
  }

  /**
   * Returns the page at 1 GiB, which SQLite never uses and no LTX file holds.
   *
   * @param pageSize a page size
   * @return the number of that page
   */
  public static long lockPage(int pageSize) {
    return LOCK_BYTE / pageSize + 1;
  }

  /**
   * Returns whether SQLite has pages of this size.
   *
   * @param pageSize any number
   * @return true for a power of two from 512 to 65536
   */
  public static boolean isPageSize(int pageSize) {
    return pageSize >= PAGE_SIZE_MIN
        && pageSize <= PAGE_SIZE_MAX
        && Integer.bitCount(pageSize) == 1;
  }
}
