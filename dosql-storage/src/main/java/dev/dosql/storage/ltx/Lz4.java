package dev.dosql.storage.ltx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * LZ4 blocks, as in "LZ4 Block Format Description" (lz4_Block_format.md of the LZ4 project).
 *
 * <p>One object compresses for one writer: its table of positions is reused. Each direction is one
 * long method, because it is where the time goes: parts of it would have to hand on two positions.
 */
final class Lz4 {

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  /** How much is copied at once where there is room. */
  private static final int WIDE = 16;

  private static final int MATCH_MIN = 4;

  /** The longest match whose length is in its token. */
  private static final int SHORT_MATCH = 14 + MATCH_MIN;

  /** The last sequence is literals, at least so many. */
  private static final int LITERALS_LAST = 5;

  /** No match begins so close to the end. */
  private static final int MATCH_LIMIT = 12;

  private static final int HASH_BITS = 12;
  private static final int DISTANCE_MAX = 65_535;

  /** Positions by hash of the 4 bytes there, plus {@link #base}; what is less is of older pages. */
  private final int[] table = new int[1 << HASH_BITS];

  private static final int BASE_MAX = Integer.MAX_VALUE - 2 * LtxFiles.PAGE_SIZE_MAX;

  private int base = 1;

  /** For tests: as if so many bytes less than the most had been compressed. */
  void forgetAfter(int bytes) {
    base = BASE_MAX - bytes;
  }

  /** The largest block that {@code length} bytes can become. */
  static int bound(int length) {
    return length + length / 255 + 16;
  }

  /** Compresses; {@code out} must have room for {@link #bound}. Returns the end of the block. */
  int compress(byte[] in, int start, int length, byte[] out, int outStart) {
    if (base > BASE_MAX) {
      Arrays.fill(table, 0);
      base = 1;
    }
    int end = start + length;
    int shift = base - start;
    int anchor = start;
    int o = outStart;
    int i = start;
    int misses = 64;
    while (i <= end - MATCH_LIMIT) {
      int value = (int) INTS.get(in, i);
      int hash = hash(value);
      int entry = table[hash];
      int candidate = entry - shift;
      table[hash] = i + shift;
      if (entry < base || i - candidate > DISTANCE_MAX || (int) INTS.get(in, candidate) != value) {
        i += misses++ >>> 6;
        continue;
      }
      while (i > anchor && candidate > start && in[i - 1] == in[candidate - 1]) {
        i--;
        candidate--;
      }
      int matchEnd = matchEnd(in, i + MATCH_MIN, candidate + MATCH_MIN, end - LITERALS_LAST);
      o = sequence(in, anchor, i, i - candidate, matchEnd - i - MATCH_MIN, out, o);
      i = matchEnd;
      anchor = i;
      misses = 64;
      if (i <= end - MATCH_LIMIT) {
        table[hash((int) INTS.get(in, i - 2))] = i - 2 + shift;
      }
    }
    base += length;
    return literals(in, anchor, end, 0, out, o);
  }

  private static int hash(int value) {
    return (value * -1640531535) >>> (32 - HASH_BITS);
  }

  private static int matchEnd(byte[] in, int i, int candidate, int limit) {
    int distance = i - candidate;
    while (i <= limit - 8) {
      long diff = (long) LONGS.get(in, i) ^ (long) LONGS.get(in, i - distance);
      if (diff != 0) {
        return i + (Long.numberOfTrailingZeros(diff) >>> 3);
      }
      i += 8;
    }
    while (i < limit && in[i] == in[i - distance]) {
      i++;
    }
    return i;
  }

  private static int sequence(
      byte[] in, int anchor, int start, int distance, int more, byte[] out, int o) {
    o = literals(in, anchor, start, Math.min(more, 15), out, o);
    out[o++] = (byte) distance;
    out[o++] = (byte) (distance >>> 8);
    return more < 15 ? o : extend(more - 15, out, o);
  }

  private static int literals(byte[] in, int start, int end, int low, byte[] out, int o) {
    int length = end - start;
    out[o++] = (byte) (Math.min(length, 15) << 4 | low);
    if (length >= 15) {
      o = extend(length - 15, out, o);
    }
    System.arraycopy(in, start, out, o, length);
    return o + length;
  }

  private static int extend(int rest, byte[] out, int o) {
    while (rest >= 255) {
      out[o++] = (byte) 255;
      rest -= 255;
    }
    out[o++] = (byte) rest;
    return o;
  }

  /**
   * Decompresses a block of exactly {@code outLength} bytes. Returns -1, or where in {@code in} it
   * turned out not to be one.
   */
  static int decompress(byte[] in, int start, int length, byte[] out, int outStart, int outLength) {
    int end = start + length;
    int outEnd = outStart + outLength;
    int i = start;
    int o = outStart;
    while (i < end) {
      int token = in[i++] & 0xff;
      int literals = token >>> 4;
      if (literals < 15 && i <= end - WIDE && o <= outEnd - WIDE) {
        copyWide(in, i, out, o); // what is beyond the literals is overwritten by what follows
      } else {
        if (literals == 15) {
          int b = 255;
          while (b == 255) {
            if (i >= end || literals > outLength) {
              return i;
            }
            b = in[i++] & 0xff;
            literals += b;
          }
        }
        if (literals > end - i || literals > outEnd - o) {
          return i;
        }
        System.arraycopy(in, i, out, o, literals);
      }
      i += literals;
      o += literals;
      if (i > end - 2) {
        return i == end && o == outEnd && (token & 15) == 0 ? -1 : i;
      }
      int distance = (short) SHORTS.get(in, i) & 0xffff;
      i += 2;
      int match = token & 15;
      if (match < 15 && distance >= 8 && distance <= o - outStart && o <= outEnd - SHORT_MATCH) {
        copyShort(out, o, distance);
        o += match + MATCH_MIN;
        continue;
      }
      if (match == 15) {
        int b = 255;
        while (b == 255) {
          if (i >= end || match > outLength) {
            return i;
          }
          b = in[i++] & 0xff;
          match += b;
        }
      }
      match += MATCH_MIN;
      if (distance == 0 || distance > o - outStart || match > outEnd - o) {
        return i;
      }
      copyMatch(out, o, distance, match, outEnd);
      o += match;
    }
    return i; // a block ends with literals
  }

  private static void copyWide(byte[] in, int i, byte[] out, int o) {
    LONGS.set(out, o, (long) LONGS.get(in, i));
    LONGS.set(out, o + 8, (long) LONGS.get(in, i + 8));
  }

  /** Copies more than the longest match whose length is in its token. */
  private static void copyShort(byte[] out, int o, int distance) {
    LONGS.set(out, o, (long) LONGS.get(out, o - distance));
    LONGS.set(out, o + 8, (long) LONGS.get(out, o - distance + 8));
    SHORTS.set(out, o + 16, (short) SHORTS.get(out, o - distance + 16));
  }

  /** Copies what was written {@code distance} before; it may overlap with what it writes. */
  private static void copyMatch(byte[] out, int o, int distance, int match, int outEnd) {
    int from = o - distance;
    if (distance >= 8 && match <= outEnd - o - 8) {
      for (int i = 0; i < match; i += 8) {
        LONGS.set(out, o + i, (long) LONGS.get(out, from + i));
      }
    } else if (distance == 1) {
      Arrays.fill(out, o, o + match, out[from]);
    } else {
      for (int i = 0; i < match; i++) {
        out[o + i] = out[from + i];
      }
    }
  }
}
