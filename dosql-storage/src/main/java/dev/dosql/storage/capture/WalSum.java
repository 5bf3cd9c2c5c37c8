package dev.dosql.storage.capture;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The running checksum of a {@code -wal}: two sums over 32-bit words, in one of two byte orders.
 *
 * <p>Two loops that differ in little, since it is the time of a capture: one that asked for the
 * order would be half as fast. Both sums are one number here, the first one high.
 *
 * <p>Source: SQLite's file format, section 4.2, "Checksum Algorithm". Stateless.
 */
abstract class WalSum {

  private static final VarHandle LITTLE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BIG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final WalSum LITTLE_ENDIAN = new LittleEndian();
  private static final WalSum BIG_ENDIAN = new BigEndian();

  private WalSum() {}

  static WalSum of(boolean bigEndian) {
    return bigEndian ? BIG_ENDIAN : LITTLE_ENDIAN;
  }

  /**
   * Returns the sums after some bytes more; their number is a multiple of 8. Each step needs the
   * result of the one before, and the order of the additions has it wait for as few as possible.
   */
  abstract long add(long sums, byte[] bytes, int from, int to);

  private static long pack(int sum0, int sum1) {
    return (long) sum0 << 32 | sum1 & 0xffff_ffffL;
  }

  private static final class LittleEndian extends WalSum {
    @Override
    long add(long sums, byte[] bytes, int from, int to) {
      int sum0 = (int) (sums >>> 32);
      int sum1 = (int) sums;
      for (int i = from; i < to; i += Long.BYTES) {
        long words = (long) LITTLE.get(bytes, i);
        sum0 = sum0 + (int) words + sum1;
        sum1 = sum1 + (int) (words >>> 32) + sum0;
      }
      return pack(sum0, sum1);
    }
  }

  private static final class BigEndian extends WalSum {
    @Override
    long add(long sums, byte[] bytes, int from, int to) {
      int sum0 = (int) (sums >>> 32);
      int sum1 = (int) sums;
      for (int i = from; i < to; i += Long.BYTES) {
        long words = (long) BIG.get(bytes, i);
        sum0 = sum0 + (int) (words >>> 32) + sum1;
        sum1 = sum1 + (int) words + sum0;
      }
      return pack(sum0, sum1);
    }
  }
}
