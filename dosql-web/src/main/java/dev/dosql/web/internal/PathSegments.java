package dev.dosql.web.internal;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Segments of paths, read in the one way that every server and proxy reads them, or not at all. */
public final class PathSegments {
  private static final int CHARS_MAX = 1_000;

  private PathSegments() {}

  /**
   * A segment, decoded once; empty if it is empty, too long, badly encoded, not UTF-8, or something
   * that somebody between here and the client may take for more or less than one segment.
   */
  public static Optional<String> decode(String segment) {
    if (segment.isEmpty() || segment.length() > CHARS_MAX || segment.indexOf(';') >= 0) {
      return Optional.empty();
    }
    return bytes(segment).flatMap(PathSegments::utf8).filter(PathSegments::isUnambiguous);
  }

  private static boolean isUnambiguous(String text) {
    return !text.equals(".")
        && !text.equals("..")
        && text.chars().noneMatch(c -> c == '/' || c == '\\' || c == '%' || c == ';' || c == '?');
  }

  private static Optional<byte[]> bytes(String segment) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < segment.length(); i++) {
      char c = segment.charAt(i);
      if (c >= 0x80) {
        return Optional.empty(); // not a URL; servers differ in what it means
      }
      if (c != '%') {
        out.write(c);
        continue;
      }
      int value = hex(segment, i + 1);
      if (value < 0) {
        return Optional.empty();
      }
      out.write(value);
      i += 2;
    }
    return Optional.of(out.toByteArray());
  }

  private static int hex(String text, int at) {
    if (at + 2 > text.length()) {
      return -1;
    }
    int high = Character.digit(text.charAt(at), 16);
    int low = Character.digit(text.charAt(at + 1), 16);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }

  private static Optional<String> utf8(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
