package dev.dosql.storage.capture;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The local log of one database: what was committed to its {@code -wal}, as segments in a
 * directory, from the last one that is in the bucket to the newest.
 *
 * <p><b>Guarantees.</b> A segment is on the disk, and so is the {@code -wal} it was read from,
 * before {@link #capture} returns it; segments follow one another without a gap, and each holds
 * every page that changed since the one before. If that cannot be proven, as when somebody else
 * moved the {@code -wal} into the database file, the next segment holds every page. A crash at any
 * moment loses no segment that was returned.
 *
 * <p><b>What the owner of the database does.</b> It is the only one that checkpoints; no connection
 * checkpoints by itself ({@code wal_autocheckpoint=0}).
 *
 * <ol>
 *   <li><i>Open</i>: {@link #open}, before or after the first connection. If {@link #position()} is
 *       empty: {@link #begin}, {@link #resume} or {@link #place}.
 *   <li><i>Now and then</i>: {@link #captureAhead}, with or without the writer; or {@link #capture}
 *       with the writer held, where the end has to be exact or an image may be needed.
 *   <li><i>Checkpoint</i>, with the writer held throughout: {@link #capture}; {@code PRAGMA
 *       wal_checkpoint(PASSIVE)}; {@link #checkpointed()}; and only then, where wanted, {@code
 *       RESTART} or {@code TRUNCATE}, which find nothing left to move.
 *   <li><i>Close</i>: a checkpoint as above while nobody reads, then the last connection is closed,
 *       then {@link #close()}. It makes no difference to a crash but the time of the next open.
 * </ol>
 *
 * <p><b>The length of the {@code -wal}</b> is bounded by the owner's checkpoints, as it is without
 * capture: capturing never keeps a checkpoint from being made, and holds no lock of SQLite's.
 *
 * <p>Safe for use by many threads; captures wait for one another. Never opens the database file or
 * its {@code -shm}, which would end SQLite's locks; asks for the file's size and time only.
 */
public final class LocalLog implements Closeable {

  private LocalLog() {}

  /**
   * Opens the log in a directory, which is made if it is missing. Verifies every segment in it, and
   * deletes what is left of unfinished ones.
   *
   * @param directory where the segments are; used by nobody else
   * @param database the database file, whose {@code -wal} is read; need not exist
   * @return the log
   * @throws IOException if the directory cannot be read or written
   */
  public static LocalLog open(Path directory, Path database) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Returns where the log ends.
   *
   * @return the newest position; empty if there is no lineage yet, or what was known of it is
   *     damaged: see {@link #damage()}
   */
  public Optional<Position> position() {
    throw new UnsupportedOperationException();
  }

  /**
   * Returns what was found damaged when the log was opened. What had no damage is used: segments up
   * to the first damaged one; the next capture then is an image. The damaged files were set aside,
   * their names ending in {@code .bad}, and stay until somebody deletes them.
   *
   * @return what was seen, for people to read; empty if there was no damage
   */
  public Optional<String> damage() {
    throw new UnsupportedOperationException();
  }

  /**
   * Begins a lineage and forgets what was there, segments that are not shipped included. The next
   * capture is an image, segment 1.
   *
   * @param lineage 16 lower-case hex digits, never used before
   * @throws IOException if that cannot be written; the log is as it was, or begun
   */
  public void begin(String lineage) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Goes on from a position of whose state nothing is known, and forgets what was there, segments
   * that are not shipped included. The next capture is an image.
   *
   * @param position the last segment that counts
   * @param reason why, for {@link Segment#imageReason()}
   * @throws IOException if that cannot be written; the log is as it was, or resumed
   */
  public void resume(Position position, String reason) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Goes on from a position whose state the database file is, as after a restore, and forgets what
   * was there.
   *
   * @param position the last segment that is in the database file
   * @param pageSize the size of its pages
   * @throws IllegalStateException if there is a {@code -wal} that is not empty; nothing was changed
   * @throws IOException if that cannot be written; the log is as it was, or placed
   */
  public void place(Position position, int pageSize) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Makes a segment of all that was committed since the last one, forced to the disk; an image if
   * needed. The caller holds the writer: nobody of this process writes or checkpoints meanwhile.
   *
   * @param image makes a copy of the database, if one is needed
   * @param timestampMillis the time of the last commit; times of segments never go back
   * @return the segment; empty if nothing was committed
   * @throws DatabaseBehindException if the database lacks what the log holds; nothing was captured
   * @throws PageSizeException if its pages have another size now; nothing was captured
   * @throws IOException if a file fails; nothing was captured, and capturing can be tried again
   */
  public Optional<Segment> capture(Image image, long timestampMillis) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Makes a segment of what was committed since the last one, if no image is needed. The writer
   * need not be held: others may commit meanwhile, and the segment ends with one of their commits.
   * But nobody may checkpoint. Meant for the time before a checkpoint, so that little is left for
   * {@link #capture} to do with the writer held.
   *
   * @param timestampMillis the time of the last commit; times of segments never go back
   * @return the segment; empty if nothing was committed, or only {@link #capture} can tell
   * @throws DatabaseBehindException if the database lacks what the log holds; nothing was captured
   * @throws PageSizeException if its pages have another size now; nothing was captured
   * @throws IOException if a file fails; nothing was captured, and capturing can be tried again
   */
  public Optional<Segment> captureAhead(long timestampMillis) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Returns whether {@link #capture} has something to do. Reads some of the {@code -wal}: all of it
   * on the first call after opening, later as far as the first commit that is not captured.
   *
   * @return whether something was committed that is not in the log, or an image is needed
   * @throws IOException if a file cannot be read
   */
  public boolean isBehind() throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Notes that the database file holds nothing that is not in the log, so that a {@code -wal} which
   * is gone or begun anew is no surprise. Called after each checkpoint that followed a {@link
   * #capture}, with the writer still held; may be called at any time, and does nothing if the log
   * is behind.
   *
   * @throws IOException if that cannot be written; the next segment may then be an image
   */
  public void checkpointed() throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Returns the segments that are not known to be in the bucket.
   *
   * @return oldest first, without a gap up to {@link #position()}
   */
  public List<Segment> pending() {
    throw new UnsupportedOperationException();
  }

  /**
   * Returns how long those segments are.
   *
   * @return their length in bytes
   */
  public long pendingBytes() {
    throw new UnsupportedOperationException();
  }

  /**
   * Returns the last segment that is known to be in the bucket.
   *
   * @return its number; 0 if there is none
   */
  public long shippedTxid() {
    throw new UnsupportedOperationException();
  }

  /**
   * Notes that segments are in the bucket, and deletes them here.
   *
   * @param txid the last of them; nothing happens if it is known already
   * @throws IllegalArgumentException if it is newer than the newest; nothing was changed
   * @throws IOException if that cannot be written; the segments may still be pending
   */
  public void shipped(long txid) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Ends the use of the log; what is on the disk stays. */
  @Override
  public void close() {}
}
