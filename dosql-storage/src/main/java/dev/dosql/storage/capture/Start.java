package dev.dosql.storage.capture;

import java.nio.ByteBuffer;

/**
 * From where the segments in the directory go on: the last one that is known to be in the bucket.
 *
 * @param position that segment
 * @param cursor up to where it was captured
 * @param timestampMillis its time
 */
record Start(Position position, Cursor cursor, long timestampMillis) {

  static final String FILE = "position";

  private static final long MAGIC = 0x646f73716c707331L; // "dosqlps1"

  byte[] encode() {
    ByteBuffer out = ByteBuffer.allocate(8 + Fields.POSITION_BYTES + Fields.CURSOR_BYTES + 8);
    out.putLong(MAGIC);
    Fields.put(out, position);
    Fields.put(out, cursor);
    out.putLong(timestampMillis);
    return out.array();
  }

  static Start decode(ByteBuffer in) {
    Fields.magic(in, MAGIC);
    return new Start(Fields.position(in), Fields.cursor(in), in.getLong());
  }
}
