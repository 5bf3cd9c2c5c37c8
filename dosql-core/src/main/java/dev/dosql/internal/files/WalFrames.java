package dev.dosql.internal.files;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.BitSet;

/**
 * Which pages a {@code -wal} file holds, by SQLite's own rules of what counts: frames of the salts
 * of its header, whose checksums follow from one another, up to the last that commits.
 *
 * <p>Source: SQLite's file format, section 4, "The Write-Ahead Log".
 */
public final class WalFrames {
  private static final int HEADER_BYTES = 32;
  private static final int FRAME_HEADER_BYTES = 24;

  /** The last bit says that checksums are over big-endian words. */
  private static final int MAGIC = 0x377f0682;

  private static final int PAGE_BYTES_MAX = 65_536;

  private final ByteOrder words;
  private final int pageBytes;
  private final long salts;
  private int sum0;
  private int sum1;

  private WalFrames(ByteBuffer header) {
    this.words = (header.getInt(0) & 1) == 1 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    this.pageBytes = header.getInt(8);
    this.salts = header.getLong(16);
  }

  /** The numbers of the pages that committed frames hold; none if the file is missing or no log. */
  public static BitSet committedPages(Path wal) throws IOException {
    try (InputStream file = Files.newInputStream(wal);
        DataInputStream in = new DataInputStream(new BufferedInputStream(file, 1 << 16))) {
      byte[] header = in.readNBytes(HEADER_BYTES);
      ByteBuffer fields = ByteBuffer.wrap(header);
      if (header.length < HEADER_BYTES
          || (fields.getInt(0) & ~1) != MAGIC
          || Integer.bitCount(fields.getInt(8)) != 1
          || fields.getInt(8) > PAGE_BYTES_MAX) {
        return new BitSet();
      }
      WalFrames frames = new WalFrames(fields);
      frames.add(header, 0, 24);
      return frames.isSum(fields, 24) ? frames.pages(in) : new BitSet();
    } catch (NoSuchFileException e) {
      return new BitSet();
    }
  }

  private BitSet pages(DataInputStream in) throws IOException {
    BitSet seen = new BitSet();
    BitSet committed = new BitSet();
    byte[] frame = new byte[FRAME_HEADER_BYTES + pageBytes];
    ByteBuffer fields = ByteBuffer.wrap(frame);
    while (in.readNBytes(frame, 0, frame.length) == frame.length) {
      add(frame, 0, 8);
      add(frame, FRAME_HEADER_BYTES, frame.length);
      if (fields.getLong(8) != salts || !isSum(fields, 16) || fields.getInt(0) <= 0) {
        break;
      }
      seen.set(fields.getInt(0));
      if (fields.getInt(4) != 0) {
        committed.or(seen);
      }
    }
    return committed;
  }

  private void add(byte[] bytes, int from, int to) {
    ByteBuffer values = ByteBuffer.wrap(bytes).order(words);
    for (int i = from; i < to; i += 8) {
      sum0 += values.getInt(i) + sum1;
      sum1 += values.getInt(i + 4) + sum0;
    }
  }

  private boolean isSum(ByteBuffer fields, int at) {
    return fields.getInt(at) == sum0 && fields.getInt(at + 4) == sum1;
  }
}
