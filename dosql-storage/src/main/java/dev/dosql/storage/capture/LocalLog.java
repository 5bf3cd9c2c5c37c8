package dev.dosql.storage.capture;

import dev.dosql.storage.internal.Durable;
import dev.dosql.storage.internal.FailPoints;
import dev.dosql.storage.ltx.LtxFiles;
import dev.dosql.storage.ltx.LtxSummary;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

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
 *       empty: {@link #begin(String)}, {@link #resume} or {@link #place}.
 *   <li><i>Now and then</i>: {@link #captureAhead}, with or without the writer; or {@link #capture}
 *       with the writer held, where the end has to be exact or an image may be needed. Between them
 *       {@link #readAhead}, without the writer, where much was committed.
 *   <li><i>Checkpoint</i>, with the writer held throughout: {@link #capture}; {@code PRAGMA
 *       wal_checkpoint(PASSIVE)}; {@link #checkpointed} with what it returned; and only then, where
 *       wanted, {@code RESTART} or {@code TRUNCATE}, which find nothing left to move.
 *   <li><i>Close</i>: a checkpoint as above while nobody reads, then the last connection is closed,
 *       then {@link #close()}. It makes no difference to a crash but the time of the next open.
 * </ol>
 *
 * <p><b>The length of the {@code -wal}</b> is bounded by the owner, as it is without capture: by
 * the length at which it checkpoints, and what is committed while a reader's snapshot keeps SQLite
 * from beginning the {@code -wal} anew. A capture holds no lock of SQLite's, and a checkpoint waits
 * for one capture or one {@link #readAhead} at most. Memory: 40 bytes for each frame that is
 * captured, up to 32 for each that was read ahead, and less than 1 MiB.
 *
 * <p>Safe for use by many threads; captures wait for one another. Never opens the database file or
 * its {@code -shm}, which would end SQLite's locks; asks for the file's size and time only.
 */
public final class LocalLog implements Closeable {

  /** How often a capture begins again because somebody else changed the {@code -wal} under it. */
  private static final int ATTEMPTS_MAX = 3;

  /**
   * How many segments that were given up may be in the bucket although nobody was told: they are
   * put one after another, so there is one, if any.
   */
  private static final int UNANSWERED_MAX = 8;

  private static final String MOVED = "it was begun anew since the database was copied";
  private static final String NOT_BEGUN = "log has no lineage: begin one first (database=";
  private static final String UNKNOWN =
      "nothing is known of the database at the position it goes on from";

  private final Path database;
  private final Path walFile;
  private final LogDirectory directory;
  private final @Nullable String damage;
  private final ReentrantLock lock = new ReentrantLock();

  /** Replaced as a whole, so that it can be read without the lock. */
  private volatile State state;

  // What follows is used with the lock held.

  private Cursor cursor;
  private @Nullable Mark mark;
  private String unknown = UNKNOWN;
  private long timestampMillis;

  /** Whether the frames up to the cursor were seen by this process. */
  private boolean verified;

  /** Whether there may be a segment that is not known to be complete, after a failure. */
  private boolean uncertain;

  /** The salts of the {@code -wal} whose name is known to be on the disk; a new file has others. */
  private long forcedSalts;

  /** What was read beyond the cursor, up to a commit; null if nothing was. */
  private @Nullable WalScan ahead;

  /** Read without the lock as well. */
  private volatile long epoch;

  private boolean closed;

  private LocalLog(
      LogDirectory directory,
      Path database,
      @Nullable Start start,
      List<Captured> pending,
      @Nullable Mark mark,
      List<String> damage) {
    this.directory = directory;
    this.database = database;
    this.walFile = database.resolveSibling(database.getFileName() + "-wal");
    this.mark = mark;
    this.damage = damage.isEmpty() ? null : String.join("; ", damage);
    this.state = new State(start, pending);
    Start end = state.end();
    this.cursor = end == null ? Cursor.UNKNOWN : end.cursor();
    this.timestampMillis = end == null ? 0 : end.timestampMillis();
  }

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
    LogDirectory files = new LogDirectory(directory);
    files.prepare();
    List<String> damage = new ArrayList<>();
    Start start = files.readStart(damage).orElse(null);
    List<Captured> pending = new ArrayList<>();
    if (start == null) {
      files.setSegmentsAside(damage);
    } else {
      pending.addAll(files.adopt(start, damage));
    }
    return new LocalLog(files, database, start, pending, files.readMark().orElse(null), damage);
  }

  /**
   * Writes a log that goes on from a position whose state a database file is which has not got its
   * name yet. It is on the disk when this returns; so a database that is there has its history, and
   * a history without a database is that of one that was never there.
   *
   * @param directory where the segments will be; is missing, or has nothing of a log
   * @param made the database, complete, written to no more, and without a {@code -wal}; renamed to
   *     its name after this
   * @param position the last segment that is in it
   * @param pageSize the size of its pages
   * @throws IOException if that cannot be written; there is a log, or not
   */
  public static void placeBefore(Path directory, Path made, Position position, int pageSize)
      throws IOException {
    checkPlace(position, pageSize);
    DatabaseStat placed = statOf(made); // A rename leaves both as they are.
    Cursor from = Cursor.withoutLog(pageSize, placed.bytes() / pageSize);
    new LogDirectory(directory)
        .writeFirst(new Start(position, from, 0), new Mark(position, from, placed));
  }

  /**
   * Writes, as above, a log that begins a lineage; the first capture is an image.
   *
   * @param directory where the segments will be; is missing, or has nothing of a log
   * @param lineage 16 lower-case hex digits, never used before
   * @param parent the position that the new history comes from, whose state the database is
   * @throws IOException if that cannot be written; there is a log, or not
   */
  public static void beginBefore(Path directory, String lineage, Position parent)
      throws IOException {
    Start start = new Start(Position.start(lineage), Cursor.UNKNOWN, 0, parent, List.of(parent));
    new LogDirectory(directory).writeFirst(start, null);
  }

  private static DatabaseStat statOf(Path database) throws IOException {
    return DatabaseStat.of(database)
        .orElseThrow(() -> new IOException("database is missing (file=" + database + ")"));
  }

  private static void checkPlace(Position position, int pageSize) {
    if (!LtxFiles.isPageSize(pageSize) || position.txid() < 1) {
      throw new IllegalArgumentException(
          "place refused: needed a page size and a segment (pageSize=%d, txid=%d)"
              .formatted(pageSize, position.txid()));
    }
  }

  /**
   * Returns whether a log that nobody has open has something that the bucket lacks: segments, or a
   * history of which there is none yet. Reads one small file.
   *
   * @param directory where the log is
   * @return whether there is something to capture or to ship, as far as the directory tells
   * @throws IOException if the directory cannot be read
   */
  public static boolean isWaiting(Path directory) throws IOException {
    if (Files.notExists(directory)) {
      return true;
    }
    LogDirectory files = new LogDirectory(directory);
    Optional<Start> start = files.peekStart();
    return start.isEmpty() || start.get().position().txid() == 0 || files.hasSegments();
  }

  /**
   * Returns where the log ends.
   *
   * @return the newest position; empty if there is no lineage yet, or what was known of it is
   *     damaged: see {@link #damage()}
   */
  public Optional<Position> position() {
    return Optional.ofNullable(state.end()).map(Start::position);
  }

  /**
   * Returns what was found damaged when the log was opened. The segments before it are used; the
   * next capture takes the frames of the others again, or is an image if the {@code -wal} no longer
   * has them. So it differs from what was there: if that was shipped after all, {@link #resume}
   * behind it. Damaged files, and segments after one, were set aside, their names ending in {@code
   * .bad}, and stay until somebody deletes them.
   *
   * @return what was seen, for people to read; empty if there was no damage
   */
  public Optional<String> damage() {
    return Optional.ofNullable(damage);
  }

  /**
   * Begins a lineage and forgets what was there, segments that are not shipped included. The next
   * capture is an image, segment 1.
   *
   * @param lineage 16 lower-case hex digits, never used before
   * @throws IOException if that cannot be written; the log is as it was, or begun
   */
  public void begin(String lineage) throws IOException {
    begin(lineage, null);
  }

  /**
   * Begins a lineage as above, and notes from where it comes until its first segment is in the
   * bucket. So one who finds the bucket at an earlier lineage before that knows that nothing there
   * is missing here: see {@link #origins()}.
   *
   * @param lineage 16 lower-case hex digits, never used before
   * @param parent the position that the new history comes from, see {@link #origin()}; null if
   *     there is none
   * @throws IOException if that cannot be written; the log is as it was, or begun
   */
  public void begin(String lineage, @Nullable Position parent) throws IOException {
    lock.lock();
    try {
      checkOpen();
      Position first = Position.start(lineage);
      List<Position> origins = originsOfNext(parent);
      startAnew(new Start(first, Cursor.UNKNOWN, timestampMillis, parent, origins));
      unknown = "lineage begins";
    } finally {
      lock.unlock();
    }
  }

  /** Wherever the bucket may stand as long as it has nothing of the lineage that begins now. */
  private List<Position> originsOfNext(@Nullable Position parent) {
    Set<Position> origins = new LinkedHashSet<>();
    Start start = state.start();
    if (start != null) {
      origins.addAll(start.origins());
      origins.add(start.position());
      state.pending().stream().limit(UNANSWERED_MAX).map(Captured::position).forEach(origins::add);
    }
    if (parent != null) {
      origins.add(parent);
    }
    return List.copyOf(origins);
  }

  /**
   * Returns from where the lineage comes.
   *
   * @return what {@link #begin(String, Position)} was told; empty if that was nothing, or once a
   *     segment of the lineage is known to be in the bucket
   */
  public Optional<Position> parent() {
    return Optional.ofNullable(state.start()).map(Start::parent);
  }

  /**
   * Returns what a history would come from that is begun now: the last segment that is known to be
   * in the bucket, be it of this lineage or of the one it comes from.
   *
   * @return the position; empty if nothing is known to be there
   */
  public Optional<Position> origin() {
    Start start = state.start();
    if (start == null) {
      return Optional.empty();
    }
    return start.position().txid() > 0
        ? Optional.of(start.position())
        : Optional.ofNullable(start.parent());
  }

  /**
   * Returns at which positions of earlier lineages the bucket may stand as long as it has nothing
   * of this one. All that was committed up to them is in this lineage.
   *
   * @return the positions; none once a segment of this lineage is known to be in the bucket
   */
  public List<Position> origins() {
    Start start = state.start();
    return start == null ? List.of() : start.origins();
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
    lock.lock();
    try {
      checkOpen();
      startAnew(new Start(position, Cursor.UNKNOWN, timestampMillis));
      unknown = reason;
    } finally {
      lock.unlock();
    }
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
    lock.lock();
    try {
      checkOpen();
      checkPlace(position, pageSize);
      if (walFile.toFile().length() > 0) {
        throw new IllegalStateException(
            "place refused: needed a database without a -wal (file=" + walFile + ")");
      }
      DatabaseStat placed = statOf(database);
      Cursor from = Cursor.withoutLog(pageSize, placed.bytes() / pageSize);
      // First, so that a crash before the position leaves a mark that fits nothing.
      Mark written = new Mark(position, from, placed);
      directory.write(written);
      startAnew(new Start(position, from, timestampMillis));
      mark = written;
    } finally {
      lock.unlock();
    }
  }

  /** Forgets all segments, for good before the position says so. */
  private void startAnew(Start start) throws IOException {
    newEpoch();
    directory.deleteAfter(0);
    uncertain = false;
    Start before = state.start();
    if (before != null) {
      become(before, List.of());
    }
    FailPoints.reached("capture.forgotten");
    directory.write(start);
    become(start, List.of());
  }

  private void become(Start start, List<Captured> pending) {
    State next = new State(start, pending);
    Start end = pending.isEmpty() ? start : pending.get(pending.size() - 1).asStart();
    cursor = end.cursor();
    timestampMillis = end.timestampMillis();
    verified = false;
    ahead = null;
    state = next;
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
    return retried(() -> captureOnce(image, timestampMillis));
  }

  /**
   * Makes a segment of what was committed since the last one, if no image is needed. The writer
   * need not be held: others may commit meanwhile, and the segment ends with one of their commits.
   * A checkpoint that follows the rules of this class is no danger either, since the {@link
   * #capture} before it waits for this. Meant for all captures but those before a checkpoint and
   * those whose end has to be exact: a writer then waits for as much as was committed since.
   *
   * @param timestampMillis the time of the last commit; times of segments never go back
   * @return whether the log holds all that had been committed when this was called; false if only
   *     {@link #capture} can tell, and nothing was captured
   * @throws DatabaseBehindException if the database lacks what the log holds; nothing was captured
   * @throws PageSizeException if its pages have another size now; nothing was captured
   * @throws IOException if a file fails; nothing was captured, and capturing can be tried again
   */
  public boolean captureAhead(long timestampMillis) throws IOException {
    return retried(() -> captureAheadOnce(timestampMillis));
  }

  /**
   * Reads what was committed since the last segment, and verifies it, beside those who commit: so
   * that the capture before a checkpoint, for which a writer waits, has only the rest to read. No
   * file is changed. Does nothing if something was captured or looked for since the frames were
   * counted, or is now, or the log is closed. Memory: 32 bytes for each frame at most, until the
   * next capture.
   *
   * @param epoch {@link #epoch()} when the frames were counted
   * @param frames how many frames the {@code -wal} had with the writer held, when no commit was
   *     under way and the database file lacked some of them: otherwise the next commit may begin
   *     the {@code -wal} anew. A commit that fails in its last step leaves frames behind that the
   *     next one writes over, and nothing in the file tells; so no others are read.
   * @throws DatabaseBehindException if the database lacks what the log holds
   * @throws PageSizeException if its pages have another size now
   * @throws IOException if a file cannot be read; a capture reads anew
   */
  public void readAhead(long epoch, long frames) throws IOException {
    if (!lock.tryLock()) {
      return; // Whoever has it captures, or looks.
    }
    try {
      if (closed || epoch != this.epoch || position().isEmpty()) {
        return;
      }
      try (Look look = look(scan -> scan.toFrame(frames))) {
        ahead = look.hasCommits() ? look.scan().paused() : null;
      }
      FailPoints.reached("capture.read.ahead");
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns since when frames can be counted for {@link #readAhead}: another number each time that
   * something was captured, or looked for. While it is the same as at the count, nobody who follows
   * the rules of this class has moved frames of the {@code -wal} into the database file.
   *
   * @return the number; never one that was returned before something of the kind
   */
  public long epoch() {
    return epoch;
  }

  /** The frames that were counted may be moved from here on, and the {@code -wal} begun anew. */
  private void newEpoch() {
    long next = epoch + 1;
    epoch = next;
  }

  /** Tries again if somebody else comes between. */
  private <T> T retried(Capturing<T> capturing) throws IOException {
    lock.lock();
    try {
      checkOpen();
      checkBegun();
      newEpoch();
      sweepUncertain();
      for (int attempt = 1; ; attempt++) {
        try {
          return capturing.once();
        } catch (WalChangedException e) {
          if (attempt == ATTEMPTS_MAX) {
            throw e;
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private Optional<Segment> captureOnce(Image image, long time) throws IOException {
    String why;
    try (Look look = look(WalScan::toEnd)) {
      why = look.imageReason();
      if (why == null) {
        return look.hasCommits() ? Optional.of(captureFrames(look, time)) : Optional.empty();
      }
    }
    return Optional.of(captureImage(image, time, why));
  }

  private boolean captureAheadOnce(long time) throws IOException {
    try (Look look = look(WalScan::toEnd)) {
      if (look.hasCommits()) {
        captureFrames(look, time);
      }
      return look.imageReason() == null;
    }
  }

  private Segment captureFrames(Look look, long time) throws IOException {
    WalScan scan = look.scan();
    SegmentWriter writer =
        new SegmentWriter(look.log(), scan, look.begin(), nextTxid(), notBefore(time));
    Path file = directory.unfinished("segment");
    LtxSummary summary = writer.write(file, cursor.pages());
    return publish(file, summary, scan.cursor(), null);
  }

  private Segment captureImage(Image image, long time, String why) throws IOException {
    Path copy = directory.unfinished("image");
    Files.deleteIfExists(copy);
    try {
      image.copyTo(copy);
      FailPoints.reached("capture.copied");
      try (Wal wal = Wal.open(walFile).orElseThrow(() -> new WalChangedException(MOVED))) {
        checkPageSize(wal);
        WalScan scan = WalScan.ofAll(wal).toEnd();
        if (!scan.hasCommits()) {
          throw new WalChangedException(MOVED);
        }
        SegmentWriter writer =
            new SegmentWriter(wal, scan, Wal.HEADER_BYTES, nextTxid(), notBefore(time));
        Path file = directory.unfinished("segment");
        LtxSummary summary = writer.writeImage(file, copy);
        return publish(file, summary, scan.cursor(), why);
      }
    } finally {
      LogDirectory.discard(copy);
    }
  }

  /** Times of segments never go back. */
  private long notBefore(long time) {
    return Math.max(time, timestampMillis);
  }

  /** The log must not be ahead of the {@code -wal} after a loss of power, so that comes first. */
  private Segment publish(Path file, LtxSummary summary, Cursor end, @Nullable String why)
      throws IOException {
    forceWal(end.salts());
    FailPoints.reached("capture.wal.forced");
    State before = state;
    uncertain = true;
    Captured captured =
        directory.publish(file, summary, newest().next(summary.checksum()), end, why);
    uncertain = false;
    List<Captured> pending = new ArrayList<>(before.pending());
    pending.add(captured);
    become(begun(before), List.copyOf(pending));
    verified = true;
    FailPoints.reached("capture.done");
    return captured.segment();
  }

  private void forceWal(long salts) throws IOException {
    Durable.force(walFile);
    if (salts != forcedSalts) {
      Durable.forceDirectory(walFile.toAbsolutePath().getParent());
      forcedSalts = salts;
    }
  }

  /**
   * A segment of which it is not known whether it is complete must not meet another of its txid.
   */
  private void sweepUncertain() throws IOException {
    if (uncertain) {
      directory.deleteAfter(newest().txid());
      uncertain = false;
    }
  }

  /**
   * Returns whether {@link #capture} has something to do. Reads some of the {@code -wal}: all of it
   * on the first call after opening, later as far as the first commit that is not captured.
   *
   * @return whether something was committed that is not in the log, or an image is needed
   * @throws DatabaseBehindException if the database lacks what the log holds
   * @throws PageSizeException if its pages have another size now
   * @throws IOException if a file cannot be read
   */
  public boolean isBehind() throws IOException {
    lock.lock();
    try {
      checkOpen();
      checkBegun();
      newEpoch();
      try (Look look = look(WalScan::toNextCommit)) {
        return look.isBehind();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Notes that the database file holds what is in the log and nothing else, so that a {@code -wal}
   * which is gone or begun anew is no surprise. Called after each checkpoint that followed a {@link
   * #capture}, with the writer still held; does nothing if the checkpoint did not move all frames
   * that were captured, and no others.
   *
   * @param frames the second number that {@code PRAGMA wal_checkpoint} returned: how many frames
   *     the {@code -wal} has
   * @param moved the third one: how many of them are in the database file
   * @throws DatabaseBehindException if the database lacks what the log holds
   * @throws PageSizeException if its pages have another size now
   * @throws IOException if that cannot be written; the next segment may then be an image
   */
  public void checkpointed(long frames, long moved) throws IOException {
    lock.lock();
    try {
      checkOpen();
      checkBegun();
      // Before the look: what is checkpointed after it changes the file.
      DatabaseStat seen = DatabaseStat.of(database).orElse(null);
      if (seen == null || frames != moved || moved == 0 || moved != cursor.frames()) {
        return;
      }
      Mark noted = new Mark(newest(), cursor, seen);
      if (!noted.equals(mark) && !isBehind()) {
        directory.write(noted);
        mark = noted;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Finds out how the {@code -wal} goes on from the cursor. */
  private Look look(Reach reach) throws IOException {
    if (!cursor.isKnown()) {
      return Look.image(unknown);
    }
    Optional<Wal> opened = Wal.open(walFile);
    if (opened.isEmpty()) {
      return isSettled() ? Look.nothing() : Look.image("the -wal is gone, and not by the owner");
    }
    Wal wal = opened.get();
    try {
      checkPageSize(wal);
      Look look = wal.salts() == cursor.salts() ? lookOn(wal, reach) : lookAnew(wal, reach);
      if (look.wal() == null) {
        wal.close();
      }
      return look;
    } catch (IOException | RuntimeException | Error e) {
      wal.close();
      throw e;
    }
  }

  /** The {@code -wal} is still the one of the cursor. */
  private Look lookOn(Wal wal, Reach reach) throws IOException {
    WalScan scan;
    if (verified) {
      if (!wal.isStillAt(cursor.offset(), cursor.sums())) {
        return Look.image("a commit that was captured was undone by its failure");
      }
      scan = goOn(wal, new WalScan(wal, cursor.salts(), cursor.offset(), cursor.sums()));
    } else {
      scan = WalScan.ofAll(wal);
      if (!scan.skipTo(cursor.offset())) {
        return lost(scan);
      }
      if (scan.endSums() != cursor.sums()) {
        return Look.image("the -wal has other commits than were captured");
      }
      verified = true;
    }
    return Look.at(wal, reach.of(scan), cursor.offset());
  }

  private Look lost(WalScan scan) throws IOException {
    if (isSettled()) {
      return Look.image("the -wal ends before what was captured");
    }
    throw new DatabaseBehindException(
        "database lacks what its log holds: its -wal ends at %d, needed %d (file=%s)"
            .formatted(scan.end(), cursor.offset(), walFile));
  }

  /** The {@code -wal} was begun anew since the cursor. */
  private Look lookAnew(Wal wal, Reach reach) throws IOException {
    if (!isSettled()) {
      return Look.image("the -wal was begun anew, and not by the owner");
    }
    WalScan rest = new WalScan(wal, cursor.salts(), cursor.offset(), cursor.sums());
    if (cursor.offset() > 0 && rest.toNextCommit().hasCommits()) {
      return Look.image("somebody else committed before the -wal was begun anew");
    }
    return Look.at(wal, reach.of(goOn(wal, WalScan.ofAll(wal))), Wal.HEADER_BYTES);
  }

  /**
   * What was read ahead of this file, or else a scan that begins. It is used once, be it only to
   * look: as when the database is opened once more, after what may have been a failure.
   */
  private WalScan goOn(Wal wal, WalScan begun) throws IOException {
    WalScan read = ahead;
    ahead = null;
    return read != null && read.goesOnIn(wal) ? read : begun;
  }

  /** Whether the database file holds what was captured and, by its looks, nothing else. */
  private boolean isSettled() throws IOException {
    Mark noted = mark;
    return noted != null
        && noted.position().equals(newest())
        && noted.cursor().equals(cursor)
        && DatabaseStat.of(database).equals(Optional.of(noted.database()));
  }

  private void checkPageSize(Wal wal) throws PageSizeException {
    if (cursor.isKnown() && wal.pageSize() != cursor.pageSize()) {
      throw new PageSizeException(
          "page size changed: %d in the -wal, needed %d as in the lineage (file=%s)"
              .formatted(wal.pageSize(), cursor.pageSize(), walFile));
    }
  }

  /**
   * Returns the segments that are not known to be in the bucket.
   *
   * @return oldest first, without a gap up to {@link #position()}
   */
  public List<Segment> pending() {
    return state.pending().stream().map(Captured::segment).toList();
  }

  /**
   * Returns how long those segments are.
   *
   * @return their length in bytes
   */
  public long pendingBytes() {
    return state.pending().stream().mapToLong(captured -> captured.segment().length()).sum();
  }

  /**
   * Returns the last segment that is known to be in the bucket.
   *
   * @return its number; 0 if there is none
   */
  public long shippedTxid() {
    Start start = state.start();
    return start == null ? 0 : start.position().txid();
  }

  /**
   * Returns up to where the bucket is known to have the log.
   *
   * @return the position; empty if there is no lineage yet
   */
  public Optional<Position> shippedPosition() {
    return Optional.ofNullable(state.start()).map(Start::position);
  }

  /**
   * Reads what the log in a directory says of the bucket, also while another has it open.
   *
   * @param directory where the segments are
   * @return the last segment that is known to be in the bucket; empty if there is none, or nothing
   *     is known
   * @throws IOException if the directory cannot be read
   */
  public static Optional<Position> shippedIn(Path directory) throws IOException {
    return new LogDirectory(directory)
        .peekStart()
        .map(Start::position)
        .filter(position -> position.txid() > 0);
  }

  /**
   * Notes that segments are in the bucket, and deletes them here.
   *
   * @param txid the last of them; nothing happens if it is known already
   * @throws IllegalArgumentException if it is newer than the newest; nothing was changed
   * @throws IOException if that cannot be written; the segments may still be pending
   */
  public void shipped(long txid) throws IOException {
    lock.lock();
    try {
      checkOpen();
      checkBegun();
      if (txid > newest().txid()) {
        throw new IllegalArgumentException(
            "shipped refused: txid=%d, needed %d at most".formatted(txid, newest().txid()));
      }
      State before = state;
      int done = (int) (txid - shippedTxid());
      if (done <= 0) {
        return;
      }
      Start start = before.pending().get(done - 1).asStart();
      directory.write(start);
      state = new State(start, before.pending().subList(done, before.pending().size()));
      directory.deleteUpTo(txid);
      FailPoints.reached("capture.shipped.deleted");
    } finally {
      lock.unlock();
    }
  }

  /**
   * Notes that segments are in the bucket, as {@link #shipped(long)} does, unless another lineage
   * was begun meanwhile: then nothing happens.
   *
   * @param position the last of them
   * @throws IOException if that cannot be written; the segments may still be pending
   */
  public void shipped(Position position) throws IOException {
    lock.lock();
    try {
      checkOpen();
      if (newest().lineage().equals(position.lineage())) {
        shipped(position.txid());
      }
    } finally {
      lock.unlock();
    }
  }

  private long nextTxid() {
    return newest().txid() + 1;
  }

  private Position newest() {
    Start end = state.end();
    if (end == null) {
      throw new IllegalStateException(NOT_BEGUN + database + ")");
    }
    return end.position();
  }

  private Start begun(State of) {
    Start start = of.start();
    if (start == null) {
      throw new IllegalStateException(NOT_BEGUN + database + ")");
    }
    return start;
  }

  private void checkBegun() {
    newest();
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("log is closed (database=" + database + ")");
    }
  }

  /** Ends the use of the log, after a capture that is being made; what is on the disk stays. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      ahead = null;
    } finally {
      lock.unlock();
    }
  }

  /** How far a scan goes. */
  @FunctionalInterface
  private interface Reach {
    WalScan of(WalScan begun) throws IOException;
  }

  /** A try to capture. */
  @FunctionalInterface
  private interface Capturing<T> {
    T once() throws IOException;
  }

  /**
   * What is in the directory.
   *
   * @param start from where the segments go on; null if there is no lineage
   * @param pending the segments
   */
  private record State(@Nullable Start start, List<Captured> pending) {

    State {
      pending = List.copyOf(pending);
    }

    @Nullable Start end() {
      return pending.isEmpty() ? start : pending.get(pending.size() - 1).asStart();
    }
  }
}
