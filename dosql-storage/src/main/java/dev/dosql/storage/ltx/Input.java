package dev.dosql.storage.ltx;

import java.io.IOException;
import java.io.InputStream;

/** A stream with a window on it, and the offset in the file. */
final class Input {

  private final InputStream in;
  private final String name;
  private final byte[] bytes;
  private int start;
  private int end;
  private long offset;

  Input(InputStream in, String name, int capacity, long offset) {
    this.in = in;
    this.name = name;
    this.bytes = new byte[capacity];
    this.offset = offset;
  }

  /** The window; what {@link #need} has returned holds until its next call. */
  byte[] bytes() {
    return bytes;
  }

  /** Offset in the file of what comes next. */
  long offset() {
    return offset;
  }

  /** Takes the next {@code count} bytes; returns where in the window they begin. */
  int need(int count, String what) throws IOException {
    while (end - start < count) {
      if (!fill()) {
        throw new LtxFormatException(
            name,
            offset + end - start,
            "the end of the file",
            "%d more bytes of %s at offset %d".formatted(count - end + start, what, offset));
      }
    }
    int at = start;
    start += count;
    offset += count;
    return at;
  }

  void needEnd() throws IOException {
    if (start < end || fill()) {
      throw new LtxFormatException(name, offset, "more bytes", "the end of the file");
    }
  }

  private boolean fill() throws IOException {
    System.arraycopy(bytes, start, bytes, 0, end - start); // less than what is needed at once
    end -= start;
    start = 0;
    int read = in.read(bytes, end, bytes.length - end);
    if (read > 0) {
      end += read;
    }
    return read > 0;
  }
}
