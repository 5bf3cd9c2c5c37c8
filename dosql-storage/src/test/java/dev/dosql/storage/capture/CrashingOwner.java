package dev.dosql.storage.capture;

import dev.dosql.storage.internal.FailPoints;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;

/**
 * The owner of a database and its log, in a process of its own that halts at some step. It says on
 * its output what was committed and captured; a directory takes the place of a bucket.
 */
final class CrashingOwner {

  static final String LINEAGE = "0123456789abcdef";

  private final Path directory;
  private final Random random;
  private LiveDatabase live;
  private LocalLog log;
  private long row;

  private CrashingOwner(Path directory, long seed) throws IOException, SQLException {
    this.directory = directory;
    this.random = new Random(seed);
    this.live = LiveDatabase.open(directory.resolve("live.db"), 4096);
    this.log = openLog();
  }

  private LocalLog openLog() throws IOException {
    return LocalLog.open(directory.resolve("log"), directory.resolve("live.db"));
  }

  /** Takes a directory, a seed, the name of a step, and at which time to halt there. */
  public static void main(String[] args) throws Exception {
    int[] left = {Integer.parseInt(args[3])};
    FailPoints.onReached(
        name -> {
          if (name.equals(args[2]) && --left[0] == 0) {
            Runtime.getRuntime().halt(ForeignProcess.HALTED);
          }
        });
    new CrashingOwner(Path.of(args[0]), Long.parseLong(args[1])).run();
  }

  private void run() throws IOException, SQLException {
    Files.createDirectories(directory.resolve("bucket"));
    log.begin(LINEAGE);
    live.run("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
    capture();
    for (int step = 0; step < 60; step++) {
      step();
    }
    System.out.println("end");
  }

  private void step() throws IOException, SQLException {
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> commit();
      case 3 -> capture();
      case 4 -> checkpoint();
      case 5 -> ship(directory, log);
      case 6 -> spill();
      default -> closeAndReopen();
    }
  }

  private void commit() throws SQLException {
    row++;
    live.run("INSERT INTO t VALUES(" + row + ", randomblob(" + random.nextInt(20_000) + "))");
    System.out.println("row " + row);
    FailPoints.reached("test.committed");
  }

  private void spill() throws SQLException {
    live.run("PRAGMA cache_size = 5");
    live.run("BEGIN IMMEDIATE");
    live.run("UPDATE t SET b = randomblob(9000)");
    FailPoints.reached("test.spilled");
    live.run("ROLLBACK");
  }

  private void capture() throws IOException {
    log.capture(live::copyTo, 1)
        .ifPresent(s -> System.out.println("segment " + s.txid() + " " + s.chain()));
  }

  private void checkpoint() throws IOException, SQLException {
    capture();
    List<Long> result = live.checkpoint("PASSIVE");
    FailPoints.reached("test.passive");
    log.checkpointed(result.get(1), result.get(2));
    FailPoints.reached("test.noted");
    if (random.nextBoolean()) {
      live.checkpoint("TRUNCATE");
      FailPoints.reached("test.truncated");
    }
    if (random.nextBoolean()) {
      commit();
      FailPoints.reached("test.begunAnew");
    }
  }

  private void closeAndReopen() throws IOException, SQLException {
    capture();
    live.checkpointNoted(log);
    live.close();
    FailPoints.reached("test.closed");
    log.close();
    live = LiveDatabase.open(directory.resolve("live.db"), 4096);
    log = openLog();
  }

  /** Puts segments into the bucket; one that is there already has to be the same. */
  static void ship(Path directory, LocalLog log) throws IOException {
    List<Segment> pending = log.pending();
    for (Segment segment : pending) {
      Path object = directory.resolve("bucket").resolve("%016x".formatted(segment.txid()));
      try {
        Files.copy(segment.file(), object);
      } catch (FileAlreadyExistsException e) {
        if (Files.mismatch(segment.file(), object) >= 0) {
          throw new IOException("segment differs from what was shipped: " + segment, e);
        }
      }
      FailPoints.reached("test.put");
    }
    if (!pending.isEmpty()) {
      log.shipped(pending.get(pending.size() - 1).txid());
    }
  }
}
