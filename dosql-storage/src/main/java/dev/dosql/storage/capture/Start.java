package dev.dosql.storage.capture;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From where the segments in the directory go on: the last one that is known to be in the bucket.
 *
 * @param position that segment
 * @param cursor up to where it was captured
 * @param timestampMillis its time
 * @param parent from where the lineage comes, until its first segment is in the bucket; or null
 * @param origins where the bucket may stand as long as it has nothing of the lineage
 */
record Start(
    Position position,
    Cursor cursor,
    long timestampMillis,
    @Nullable Position parent,
    List<Position> origins) {

  static final String FILE = "position";

  private static final long MAGIC = 0x646f73716c707331L; // "dosqlps1"

  Start {
    origins = List.copyOf(origins);
  }

  /** Goes on from a segment that is in the bucket. */
  Start(Position position, Cursor cursor, long timestampMillis) {
    this(position, cursor, timestampMillis, null, List.of());
  }

  byte[] encode() {
    int positions = 1 + origins.size() + (parent == null ? 0 : 1);
    ByteBuffer out =
        ByteBuffer.allocate(8 + positions * Fields.POSITION_BYTES + Fields.CURSOR_BYTES + 8 + 8);
    out.putLong(MAGIC);
    Fields.put(out, position);
    Fields.put(out, cursor);
    out.putLong(timestampMillis);
    out.putInt(parent == null ? 0 : 1).putInt(origins.size());
    if (parent != null) {
      Fields.put(out, parent);
    }
    origins.forEach(origin -> Fields.put(out, origin));
    return out.array();
  }

  static Start decode(ByteBuffer in) {
    Fields.magic(in, MAGIC);
    Position position = Fields.position(in);
    Cursor cursor = Fields.cursor(in);
    long timestampMillis = in.getLong();
    boolean hasParent = in.getInt() == 1;
    int count = in.getInt();
    Position parent = hasParent ? Fields.position(in) : null;
    List<Position> origins = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      origins.add(Fields.position(in));
    }
    return new Start(position, cursor, timestampMillis, parent, origins);
  }
}
