package dev.dosql.storage.capture;

import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * That a database file held what was captured and nothing else, when it looked like this.
 *
 * @param position the newest position then
 * @param cursor the newest cursor then
 * @param database what the file looked like
 */
record Mark(Position position, Cursor cursor, DatabaseStat database) {

  static final String FILE = "mark";

  private static final long MAGIC = 0x646f73716c6d6b31L; // "dosqlmk1"

  byte[] encode() {
    ByteBuffer out = ByteBuffer.allocate(8 + Fields.POSITION_BYTES + Fields.CURSOR_BYTES + 20);
    out.putLong(MAGIC);
    Fields.put(out, position);
    Fields.put(out, cursor);
    out.putLong(database.bytes());
    out.putLong(database.modified().getEpochSecond());
    out.putInt(database.modified().getNano());
    return out.array();
  }

  static Mark decode(ByteBuffer in) {
    Fields.magic(in, MAGIC);
    return new Mark(
        Fields.position(in),
        Fields.cursor(in),
        new DatabaseStat(in.getLong(), Instant.ofEpochSecond(in.getLong(), in.getInt())));
  }
}
