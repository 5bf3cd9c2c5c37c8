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
 * <p>The polynomial is x<sup>64</sup> + x<sup>4</sup> + x<sup>3</sup> + x + 1, so x<sup>64</sup>
 * leaves (1 + x)(1 + x<sup>3</sup>): a register is moved by 8 bytes with two shifts and what they
 * push out. As squaring is linear here, x<sup>256</sup> leaves (1 + x<sup>4</sup>)(1 +
 * x<sup>12</sup>), which moves it by 32 bytes as easily. So four registers take every fourth word
 * each, no one waits for another, and no table but a small one for single bytes is needed.
 *
 * <p>Used by one thread at a time.
 */
public final class Crc64 implements Checksum {

  private static final long POLYNOMIAL = 0xd800_0000_0000_0000L;
  private static final int WORD = Long.BYTES;
  private static final int STEP = 4 * WORD;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** What a byte makes of the register. */
  private static final long[] TABLE = table();

  /** The highest bit is that of x<sup>0</sup>. */
  private long register = -1;

  /** Starts with no bytes. */
  public Crc64() {}

  private static long[] table() {
    long[] table = new long[256];
    for (int b = 0; b < table.length; b++) {
      long value = b;
      for (int bit = 0; bit < 8; bit++) {
        value = (value & 1) == 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
      }
      table[b] = value;
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
    if (length >= 2 * STEP) {
      i = steps(bytes, i, end);
    }
    for (; i <= end - WORD; i += WORD) {
      register = byWord(register ^ (long) LONGS.get(bytes, i));
    }
    for (; i < end; i++) {
      update(bytes[i]);
    }
  }

  /** Takes as many steps as there are; returns the index behind them. */
  private int steps(byte[] bytes, int start, int end) {
    long a = register ^ (long) LONGS.get(bytes, start);
    long b = (long) LONGS.get(bytes, start + WORD);
    long c = (long) LONGS.get(bytes, start + 2 * WORD);
    long d = (long) LONGS.get(bytes, start + 3 * WORD);
    int i = start + STEP;
    for (; i <= end - STEP; i += STEP) {
      a = byStep(a) ^ (long) LONGS.get(bytes, i);
      b = byStep(b) ^ (long) LONGS.get(bytes, i + WORD);
      c = byStep(c) ^ (long) LONGS.get(bytes, i + 2 * WORD);
      d = byStep(d) ^ (long) LONGS.get(bytes, i + 3 * WORD);
    }
    register = byWord(byWord(byWord(byWord(a) ^ b) ^ c) ^ d);
    return i;
  }

  /** Times x<sup>64</sup>. */
  private static long byWord(long value) {
    long once = value ^ value >>> 1;
    return once ^ once >>> 3 ^ reduced(value << 63 ^ value << 61 ^ value << 60);
  }

  /** Times x<sup>256</sup>. */
  private static long byStep(long value) {
    long once = value ^ value >>> 4;
    long out = value << 60;
    return once ^ once >>> 12 ^ reduced(once << 52 ^ out ^ out >>> 12);
  }

  /** What was pushed out counts x<sup>64</sup> more, and is short enough to leave nothing again. */
  private static long reduced(long out) {
    long once = out ^ out >>> 1;
    return once ^ once >>> 3;
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
