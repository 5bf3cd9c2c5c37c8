package dev.dosql;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A point in the history of a tenant: all that was committed up to the end of one segment, and
 * nothing else. It prints as {@code <lineage>-<txid>}, 16 hex digits each, and is read back from
 * that by {@link #parse}.
 *
 * <p>Bookmarks of one lineage are in the order of their commits. A restore and a branch begin a new
 * lineage, so bookmarks of two cannot be compared by themselves.
 *
 * <p>Immutable; safe for use by many threads.
 *
 * @param lineage which unbroken history: 16 hex digits in lower case
 * @param txid the number of the segment in it, from 1; 0 is before the first
 */
public record Bookmark(String lineage, long txid) {
  private static final Pattern LINEAGE = Pattern.compile("[0-9a-f]{16}");
  private static final Pattern TEXT = Pattern.compile("([0-9a-f]{16})-([0-9a-f]{16})");

  /**
   * Checks the parts.
   *
   * @param lineage 16 hex digits in lower case
   * @param txid 0 or more
   */
  public Bookmark {
    Objects.requireNonNull(lineage, "lineage");
    if (!LINEAGE.matcher(lineage).matches() || txid < 0) {
      throw new IllegalArgumentException(
          "bookmark needs a lineage of 16 hex digits and a txid of 0 or more: "
              + lineage
              + "-"
              + txid);
    }
  }

  /**
   * Reads a bookmark.
   *
   * @param text what {@link #toString} printed
   * @return the bookmark
   * @throws IllegalArgumentException if the text is no bookmark
   */
  public static Bookmark parse(String text) {
    var matcher = TEXT.matcher(text);
    if (!matcher.matches() || matcher.group(2).charAt(0) > '7') {
      throw new IllegalArgumentException(
          "bookmark needs the form <16 hex digits>-<16 hex digits>, has "
              + text.length()
              + " characters that are not that");
    }
    return new Bookmark(matcher.group(1), Long.parseLong(matcher.group(2), 16));
  }

  /**
   * Whether this is the other, or a later one of its lineage.
   *
   * @param other a bookmark of the same lineage
   * @return true if all that the other has is in this one
   * @throws IllegalArgumentException if the lineages differ, which says nothing of an order
   */
  public boolean isAtOrAfter(Bookmark other) {
    if (!lineage.equals(other.lineage)) {
      throw new IllegalArgumentException(
          "bookmarks of two lineages have no order: " + this + " and " + other);
    }
    return txid >= other.txid;
  }

  /** The bookmark as text, which sorts as the bookmarks of a lineage do. */
  @Override
  public String toString() {
    return "%s-%016x".formatted(lineage, txid);
  }
}
