package dev.dosql.storage;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The rules for keys, and their order. */
final class Keys {

  private Keys() {}

  static String checkKey(String key) {
    checkCharacters("key", key);
    if (key.isEmpty()) {
      throw refused("key", "it is empty", key);
    }
    checkSegments("key", key, key.split("/", -1));
    return key;
  }

  static String checkPrefix(String prefix) {
    checkCharacters("prefix", prefix);
    // What follows the last slash is a beginning only: ".." may become "..b", "" anything.
    String[] segments = prefix.split("/", -1);
    checkSegments("prefix", prefix, Arrays.copyOf(segments, segments.length - 1));
    return prefix;
  }

  /** Checks the range of a get. */
  static void checkRange(String key, long offset, int length) {
    if (offset < 0 || length < 1) {
      throw new IllegalArgumentException(
          "range refused: offset=%d length=%d, needed 0 and 1 or more (key=%s)"
              .formatted(offset, length, key));
    }
  }

  /** Checks the prefix and the bound of a list. */
  static void checkList(String prefix, int max) {
    checkPrefix(prefix);
    if (max < 1 || max > ObjectStore.LIST_MAX) {
      throw new IllegalArgumentException(
          "list refused: max=%d, needed 1 to %d (prefix=%s)"
              .formatted(max, ObjectStore.LIST_MAX, prefix));
    }
  }

  private static void checkCharacters(String what, String text) {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw refused(what, "it has an unpaired surrogate", text);
    }
    if (text.codePoints().anyMatch(Character::isISOControl)) {
      throw refused(what, "it has a control character", text);
    }
    int bytes = utf8(text).length;
    if (bytes > ObjectStore.KEY_BYTES_MAX) {
      throw refused(what, "it has " + bytes + " bytes", text);
    }
  }

  private static void checkSegments(String what, String text, String[] segments) {
    for (String segment : segments) {
      if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
        throw refused(what, "it has the segment '" + segment + "'", text);
      }
    }
  }

  private static IllegalArgumentException refused(String what, String seen, String text) {
    // Control characters would let a key write lines of its own into a log.
    String shown = text.replaceAll("[\\p{Cc}\\p{Cs}]", "?");
    return new IllegalArgumentException(
        "%s refused: %s, needed up to %d bytes of names separated by '/' (%s=%s)"
            .formatted(what, seen, ObjectStore.KEY_BYTES_MAX, what, shown));
  }

  /** The order of UTF-8 bytes; that of {@code String} differs beyond U+FFFF. */
  static int compare(String left, String right) {
    return Arrays.compareUnsigned(utf8(left), utf8(right));
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
