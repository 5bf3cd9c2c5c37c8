package dev.dosql.storage.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The framing {@code aws-chunked}: pieces of {@code hex-length[;chunk-signature=…] CRLF bytes
 * CRLF}, the last of length 0, then trailers. Signatures of pieces and trailers are not looked at.
 */
final class AwsChunked {

  private AwsChunked() {}

  /** The bytes without their frames, or null if the frames are not whole. */
  static byte @Nullable [] decode(byte[] framed) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(framed.length);
    int at = 0;
    while (true) {
      int end = lineEnd(framed, at);
      if (end < 0) {
        return null;
      }
      int length = length(new String(framed, at, end - at, ISO_8859_1));
      at = end + 2;
      if (length == 0) {
        return out.toByteArray();
      }
      if (length < 0 || framed.length - at < length + 2) {
        return null;
      }
      out.write(framed, at, length);
      at += length + 2;
    }
  }

  private static int length(String line) {
    int semicolon = line.indexOf(';');
    try {
      return Integer.parseInt(semicolon < 0 ? line : line.substring(0, semicolon), 16);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static int lineEnd(byte[] bytes, int from) {
    for (int i = from; i + 1 < bytes.length; i++) {
      if (bytes[i] == '\r' && bytes[i + 1] == '\n') {
        return i;
      }
    }
    return -1;
  }
}
