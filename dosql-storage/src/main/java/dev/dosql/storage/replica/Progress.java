package dev.dosql.storage.replica;

/**
 * How far a restore is.
 *
 * @param phase what it does now
 * @param segments how many segments have been verified and applied
 * @param bytesDone how many bytes of objects have been verified and applied
 * @param bytesKnown how many bytes of objects there are to apply as far as is known; it grows,
 *     because nothing but reading on tells how many segments follow
 */
public record Progress(Phase phase, long segments, long bytesDone, long bytesKnown) {

  /** What a restore does. */
  public enum Phase {
    /** The database file as it was is copied, in a roll forward. */
    COPY,
    /** The snapshot is read, verified and written. */
    SNAPSHOT,
    /** Segments are read, verified and written. */
    SEGMENTS,
    /** The file is forced to the disk and gets its name. */
    PLACE
  }
}
