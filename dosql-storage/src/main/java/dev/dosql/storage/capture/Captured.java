package dev.dosql.storage.capture;

/**
 * A segment in the directory, and what is known besides.
 *
 * @param segment the segment
 * @param position the position after it
 * @param cursor up to where it was captured
 */
record Captured(Segment segment, Position position, Cursor cursor) {

  Start asStart() {
    return new Start(position, cursor, segment.timestampMillis());
  }
}
