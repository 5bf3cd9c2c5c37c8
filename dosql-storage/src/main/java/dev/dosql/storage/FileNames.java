package dev.dosql.storage;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How a segment of a key is written as the name of a file or directory; the rules are in {@link
 * DirectoryObjectStore}.
 *
 * <p>Names are lower-case ASCII only, so that neither case-insensitive file systems, nor those that
 * normalise Unicode, nor a JVM whose file name encoding is ASCII can confuse two keys.
 */
final class FileNames {

  static final int NAME_LENGTH_MAX = 255;

  /** Ends the name of an object without a dot, or of a directory with one. */
  private static final char MARK = '%';

  private static final String PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
  private static final Pattern DEVICE = Pattern.compile("(con|prn|aux|nul|(com|lpt)[0-9])(\\..*)?");

  private FileNames() {}

  /** What a name in a directory stands for. */
  record Decoded(String segment, boolean isObject) {}

  static String object(String segment) {
    String escaped = escape(segment);
    return escaped.indexOf('.') >= 0 ? escaped : escaped + MARK;
  }

  static String directory(String segment) {
    String escaped = escape(segment);
    return escaped.indexOf('.') >= 0 ? escaped + MARK : escaped;
  }

  /** Returns what the name stands for, or empty if this class would never write it. */
  static Optional<Decoded> decode(String name) {
    boolean marked = !name.isEmpty() && name.charAt(name.length() - 1) == MARK;
    String escaped = marked ? name.substring(0, name.length() - 1) : name;
    boolean isObject = marked != escaped.indexOf('.') >= 0;
    // Names that only resemble ours (wrong case, needless escapes) are strangers, not objects.
    return unescape(escaped)
        .filter(segment -> escape(segment).equals(escaped))
        .map(segment -> new Decoded(segment, isObject));
  }

  private static String escape(String segment) {
    StringBuilder name = new StringBuilder();
    byte[] bytes = Keys.utf8(segment);
    for (int i = 0; i < bytes.length; i++) {
      char c = (char) (bytes[i] & 0xff);
      if (isPlain(c, i, bytes.length) && !(i == 0 && DEVICE.matcher(segment).matches())) {
        name.append(c);
      } else {
        name.append(String.format(Locale.ROOT, "%%%02x", (int) c));
      }
    }
    return name.toString();
  }

  private static boolean isPlain(char c, int index, int length) {
    // A first dot hides a file and is the mark of our own; Windows drops a last one.
    boolean atEnd = index == 0 || index == length - 1;
    return c == '.' ? !atEnd : PLAIN.indexOf(c) >= 0;
  }

  private static Optional<String> unescape(String escaped) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < escaped.length(); i++) {
      char c = escaped.charAt(i);
      if (c != '%') {
        bytes.write(c);
      } else if (i + 2 < escaped.length() && isHex(escaped, i + 1) && isHex(escaped, i + 2)) {
        bytes.write(Integer.parseInt(escaped, i + 1, i + 3, 16));
        i += 2;
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(bytes.toString(StandardCharsets.UTF_8)).filter(FileNames::isSegment);
  }

  private static boolean isSegment(String text) {
    return !text.isEmpty()
        && !text.equals(".")
        && !text.equals("..")
        && text.indexOf('/') < 0
        && text.codePoints().noneMatch(Character::isISOControl);
  }

  private static boolean isHex(String text, int index) {
    return Character.digit(text.charAt(index), 16) >= 0;
  }
}
