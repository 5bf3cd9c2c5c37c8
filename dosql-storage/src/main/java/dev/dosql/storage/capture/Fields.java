package dev.dosql.storage.capture;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** How positions and cursors are written; the layout is in the package's description. */
final class Fields {

  static final int POSITION_BYTES = 40;
  static final int CURSOR_BYTES = 36;

  private static final int HEX_BYTES = 16;

  private Fields() {}

  static void magic(ByteBuffer in, long needed) {
    long seen = in.getLong();
    if (seen != needed) {
      throw new IllegalArgumentException("magic=%016x, needed %016x".formatted(seen, needed));
    }
  }

  static void put(ByteBuffer out, Position position) {
    out.put(position.lineage().getBytes(StandardCharsets.US_ASCII));
    out.putLong(position.txid());
    out.put(position.chain().getBytes(StandardCharsets.US_ASCII));
  }

  static Position position(ByteBuffer in) {
    return new Position(hex(in), in.getLong(), hex(in));
  }

  private static String hex(ByteBuffer in) {
    byte[] bytes = new byte[HEX_BYTES];
    in.get(bytes);
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  static void put(ByteBuffer out, Cursor cursor) {
    out.putLong(cursor.salts()).putLong(cursor.offset()).putLong(cursor.sums());
    out.putInt(cursor.pageSize()).putLong(cursor.pages());
  }

  static Cursor cursor(ByteBuffer in) {
    return new Cursor(in.getLong(), in.getLong(), in.getLong(), in.getInt(), in.getLong());
  }
}
