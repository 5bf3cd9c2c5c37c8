package dev.dosql.storage.ltx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** XXH32 with seed 0, the checksum of LZ4 frames (xxhash_spec.md of the xxHash project). */
final class Xxh32 {

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int P1 = 0x9e3779b1;
  private static final int P2 = 0x85ebca77;
  private static final int P3 = 0xc2b2ae3d;
  private static final int P4 = 0x27d4eb2f;
  private static final int P5 = 0x165667b1;

  private static final int STRIPE = 16;

  private Xxh32() {}

  static int of(byte[] bytes, int offset, int length) {
    int end = offset + length;
    int i = end - length % STRIPE;
    int hash = (length < STRIPE ? P5 : stripes(bytes, offset, i)) + length;
    for (; i <= end - 4; i += 4) {
      hash = Integer.rotateLeft(hash + (int) INTS.get(bytes, i) * P3, 17) * P4;
    }
    for (; i < end; i++) {
      hash = Integer.rotateLeft(hash + (bytes[i] & 0xff) * P5, 11) * P1;
    }
    hash = (hash ^ hash >>> 15) * P2;
    hash = (hash ^ hash >>> 13) * P3;
    return hash ^ hash >>> 16;
  }

  private static int stripes(byte[] bytes, int start, int end) {
    int a = P1 + P2;
    int b = P2;
    int c = 0;
    int d = -P1;
    for (int i = start; i < end; i += STRIPE) {
      a = round(a, (int) INTS.get(bytes, i));
      b = round(b, (int) INTS.get(bytes, i + 4));
      c = round(c, (int) INTS.get(bytes, i + 8));
      d = round(d, (int) INTS.get(bytes, i + 12));
    }
    return Integer.rotateLeft(a, 1)
        + Integer.rotateLeft(b, 7)
        + Integer.rotateLeft(c, 12)
        + Integer.rotateLeft(d, 18);
  }

  private static int round(int lane, int value) {
    return Integer.rotateLeft(lane + value * P2, 13) * P1;
  }
}
