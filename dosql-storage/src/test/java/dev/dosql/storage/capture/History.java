package dev.dosql.storage.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A random history of one database and its log, which is replayed beside it. The owner of the log
 * does what it has to, so no image is ever needed but the first.
 */
final class History implements AutoCloseable {

  static final String LINEAGE = "0123456789abcdef";

  private static final List<String> MODES = List.of("PASSIVE", "FULL", "RESTART", "TRUNCATE");

  private final Random random;
  private final Path directory;
  private final int pageSize;
  private final Replay replay;
  private LiveDatabase live;
  private @Nullable LiveDatabase reader;
  private LocalLog log;
  private int segments;
  private int tables = 1;
  private final List<String> done = new ArrayList<>();

  History(Path directory, int pageSize, long seed) throws IOException, SQLException {
    this.random = new Random(seed);
    this.directory = directory;
    this.pageSize = pageSize;
    this.replay = new Replay(directory.resolve("replay.db"), Position.start(LINEAGE));
    this.live = LiveDatabase.open(database(), pageSize);
    live.run("PRAGMA cache_size = 10");
    live.run("CREATE TABLE t0(a, b)");
    live.run("CREATE INDEX i0 ON t0(b)");
    live.numbers(1_000_000);
    this.log = openLog();
    log.begin(LINEAGE);
    captured(log.capture(live::copyTo, 1));
  }

  private Path database() {
    return directory.resolve("live.db");
  }

  private LocalLog openLog() throws IOException {
    return LocalLog.open(directory.resolve("log"), database());
  }

  int segments() {
    return segments;
  }

  String done() {
    return String.join(", ", done);
  }

  void step() throws IOException, SQLException {
    switch (random.nextInt(24)) {
      case 0, 1, 2 -> change();
      case 3 -> transaction(random.nextBoolean());
      case 4 -> spilled(random.nextBoolean());
      case 5 -> savepoint();
      case 6 -> grownAndFreed();
      case 7 -> vacuum();
      case 8, 9, 10 -> note("capture", log.capture(live::copyTo, 1));
      case 11, 12 -> note("ahead", ahead());
      case 13, 14, 15 -> checkpoint();
      case 16 -> read();
      case 17 -> reopenLog();
      case 18 -> ship();
      case 19, 20, 21, 22 -> readAhead(frames());
      default -> closeAndReopen();
    }
  }

  private void did(String what) {
    done.add(what);
  }

  private void note(String what, Optional<Segment> segment) throws IOException {
    did(what + (segment.isPresent() ? "!" : ""));
    captured(segment);
  }

  private Optional<Segment> ahead() throws IOException {
    long before = log.position().orElseThrow().txid();
    boolean whole = log.captureAhead(1);
    List<Segment> pending = log.pending();
    boolean made = log.position().orElseThrow().txid() > before;
    assertThat(whole || !made).isTrue();
    return made ? Optional.of(pending.get(pending.size() - 1)) : Optional.empty();
  }

  private void readAhead(long frames) throws IOException {
    did("read ahead " + frames);
    log.readAhead(log.epoch(), frames);
  }

  /** How many frames the log has; no transaction is open. */
  private long frames() throws IOException {
    Optional<Wal> opened = Wal.open(database().resolveSibling("live.db-wal"));
    if (opened.isEmpty()) {
      return 0;
    }
    try (Wal wal = opened.get()) {
      return (WalScan.ofAll(wal).toEnd().end() - Wal.HEADER_BYTES) / wal.frameBytes();
    }
  }

  private void captured(Optional<Segment> segment) throws IOException {
    if (segment.isPresent()) {
      segments++;
      if (segments > 1) {
        assertThat(segment.get().imageReason()).isNull();
      }
      replay.apply(segment.get());
    }
    assertThat(log.position()).contains(replay.position());
  }

  private void change() throws SQLException {
    did("change");
    String table = "t" + random.nextInt(tables);
    switch (random.nextInt(5)) {
      case 0, 1 -> insert(table, 1 + random.nextInt(50), 1 + random.nextInt(300));
      case 2 -> insert(table, 1 + random.nextInt(3), 1 + random.nextInt(8 * pageSize));
      case 3 -> live.run("UPDATE " + table + " SET a = randomblob(9) WHERE rowid % 5 = 1");
      default -> live.run("DELETE FROM " + table + " WHERE rowid % 3 = " + random.nextInt(3));
    }
  }

  private void insert(String table, int rows, int bytes) throws SQLException {
    try (PreparedStatement insert =
        live.connection()
            .prepareStatement(
                "INSERT INTO " + table + " SELECT randomblob(?), i * 7919 % 1009 FROM n LIMIT ?")) {
      insert.setInt(1, bytes);
      insert.setInt(2, rows);
      insert.execute();
    }
  }

  private void transaction(boolean commits) throws SQLException {
    live.run("BEGIN IMMEDIATE");
    change();
    live.run("CREATE TABLE IF NOT EXISTS t" + tables + "(a, b)");
    change();
    if (commits) {
      tables++;
    }
    live.run(commits ? "COMMIT" : "ROLLBACK");
  }

  /** More than the cache holds, so that frames are written, and written anew, before the commit. */
  private void spilled(boolean commits) throws SQLException, IOException {
    did("spilled " + commits);
    long frames = frames();
    live.run("BEGIN IMMEDIATE");
    insert("t0", 40, pageSize);
    live.run("UPDATE t0 SET a = randomblob(20) WHERE rowid % 2 = 0");
    note("ahead", ahead());
    live.run("UPDATE t0 SET b = b + 1");
    readAhead(frames);
    insert("t0", 20, pageSize);
    live.run("UPDATE t0 SET b = b + 1 WHERE rowid % 3 = 0");
    live.run(commits ? "COMMIT" : "ROLLBACK");
  }

  private void savepoint() throws SQLException {
    did("savepoint");
    live.run("BEGIN IMMEDIATE");
    change();
    live.run("SAVEPOINT s");
    insert("t0", 30, pageSize);
    live.run("ROLLBACK TO s");
    change();
    live.run("COMMIT");
  }

  /** Leaves pages that were never written. */
  private void grownAndFreed() throws SQLException {
    did("grown");
    live.run("BEGIN IMMEDIATE");
    live.run("INSERT INTO t0 VALUES(zeroblob(" + 6 * pageSize + "), 0)");
    live.run("DELETE FROM t0 WHERE rowid = last_insert_rowid()");
    live.run("INSERT INTO t0 VALUES(zeroblob(" + random.nextInt(3) * pageSize + "), 0)");
    live.run("COMMIT");
  }

  private void vacuum() throws SQLException {
    if (reader == null && random.nextInt(2) == 0) {
      did("vacuum");
      live.run("DELETE FROM t0 WHERE rowid % 2 = 0");
      live.run("VACUUM");
    }
  }

  private void checkpoint() throws IOException, SQLException {
    note("capture", log.capture(live::copyTo, 1));
    String mode = MODES.get(random.nextInt(MODES.size()));
    did(mode);
    live.checkpoint(log, mode);
  }

  private void read() throws SQLException {
    LiveDatabase reading = reader;
    did(reading == null ? "reader" : "no reader");
    if (reading == null) {
      reader = live.another();
      reader.run("BEGIN");
      reader.number("SELECT count(*) FROM t0");
    } else {
      reading.close();
      reader = null;
    }
  }

  private void reopenLog() throws IOException {
    did("reopen log");
    log.close();
    log = openLog();
    assertThat(log.damage()).isEmpty();
    assertThat(log.position()).contains(replay.position());
  }

  private void ship() throws IOException {
    List<Segment> pending = log.pending();
    if (!pending.isEmpty()) {
      did("ship");
      Segment last = pending.get(random.nextInt(pending.size()));
      log.shipped(last.txid());
      assertThat(log.shippedTxid()).isEqualTo(last.txid());
    }
  }

  private void closeAndReopen() throws IOException, SQLException {
    close();
    live = LiveDatabase.open(database(), pageSize);
    live.run("PRAGMA cache_size = 10");
    log = openLog();
    assertThat(log.isBehind()).isFalse();
  }

  /** Ends it as its owner does, and compares. */
  @Override
  public void close() throws IOException, SQLException {
    did("close");
    if (reader != null) {
      reader.close();
      reader = null;
    }
    captured(log.capture(live::copyTo, 1));
    live.checkpoint(log, "PASSIVE");
    live.close();
    log.close();
    replay.assertSameAs(database());
  }
}
