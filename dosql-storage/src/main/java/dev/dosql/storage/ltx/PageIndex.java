package dev.dosql.storage.ltx;

import java.util.Arrays;

/** The index of a file, as it is written: where the frame of each page is. */
final class PageIndex {

  private static final int ENTRY_MAX = 3 * 10;

  private byte[] bytes = new byte[1024];
  private int length;

  void add(long pgno, long offset, long size) {
    reserve(ENTRY_MAX);
    varint(pgno);
    varint(offset);
    varint(size);
  }

  /** Writes the zero after the last entry, and the length of all. */
  void end() {
    reserve(1 + Long.BYTES);
    varint(0);
    long all = length;
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes[length++] = (byte) (all >>> shift);
    }
  }

  private void varint(long value) {
    long rest = value;
    while (rest >= 0x80) {
      bytes[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
  }

  private void reserve(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.addExact(bytes.length, bytes.length));
    }
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }
}
