package dev.dosql.storage.ltx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.zip.Checksum;

/**
 * CRC-64/GO-ISO: the polynomial of ISO 3309, reflected, with all ones before and after. Of {@code
 * 123456789} it is {@code b90956c775a41001}.
 *
 * <p>Takes 16 bytes at a step with 16 tables ("slicing", Kounavis and Berry, 2005).
 *
 * <p>Used by one thread at a time.
 */
public final class Crc64 implements Checksum {

  private static final long POLYNOMIAL = 0xd800_0000_0000_0000L;
  private static final int STEP = 16;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Entry {@code 256 * n + b}: what byte b makes of the register, n bytes later. */
  private static final long[] TABLE = table();

  private long register = -1;

  /** Starts with no bytes. */
  public Crc64() {}

  private static long[] table() {
    long[] table = new long[STEP * 256];
    for (int b = 0; b < 256; b++) {
      long value = b;
      for (int bit = 0; bit < 8; bit++) {
        value = (value & 1) == 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
      }
      table[b] = value;
    }
    for (int i = 256; i < table.length; i++) {
      long value = table[i - 256];
      table[i] = (value >>> 8) ^ table[(int) value & 0xff];
    }
    return table;
  }

  @Override
  public void update(int b) {
    register = (register >>> 8) ^ TABLE[((int) register ^ b) & 0xff];
  }

  @Override
  public void update(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    int end = offset + length;
    int i = offset;
    long crc = register;
    for (; i <= end - STEP; i += STEP) {
      crc = step(crc ^ (long) LONGS.get(bytes, i), (long) LONGS.get(bytes, i + 8));
    }
    register = crc;
    for (; i < end; i++) {
      update(bytes[i]);
    }
  }

  /** Halves are ints: a shift of 24 leaves a byte, and the compiler knows it is in the table. */
  private static long step(long first, long second) {
    int a = (int) first;
    int b = (int) (first >>> 32);
    int c = (int) second;
    int d = (int) (second >>> 32);
    long[] t = TABLE;
    return t[15 * 256 + (a & 0xff)]
        ^ t[14 * 256 + (a >>> 8 & 0xff)]
        ^ t[13 * 256 + (a >>> 16 & 0xff)]
        ^ t[12 * 256 + (a >>> 24)]
        ^ t[11 * 256 + (b & 0xff)]
        ^ t[10 * 256 + (b >>> 8 & 0xff)]
        ^ t[9 * 256 + (b >>> 16 & 0xff)]
        ^ t[8 * 256 + (b >>> 24)]
        ^ (t[7 * 256 + (c & 0xff)]
            ^ t[6 * 256 + (c >>> 8 & 0xff)]
            ^ t[5 * 256 + (c >>> 16 & 0xff)]
            ^ t[4 * 256 + (c >>> 24)]
            ^ t[3 * 256 + (d & 0xff)]
            ^ t[2 * 256 + (d >>> 8 & 0xff)]
            ^ t[256 + (d >>> 16 & 0xff)]
            ^ t[d >>> 24]);
  }

  @Override
  public long getValue() {
    return ~register;
  }

  @Override
  public void reset() {
    register = -1;
  }
}
