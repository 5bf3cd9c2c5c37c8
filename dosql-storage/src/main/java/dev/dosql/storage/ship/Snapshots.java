package dev.dosql.storage.ship;

import dev.dosql.storage.capture.Position;
import dev.dosql.storage.capture.Segment;
import dev.dosql.storage.internal.FailPoints;
import dev.dosql.storage.ltx.LtxHeader;
import dev.dosql.storage.ltx.LtxReader;
import dev.dosql.storage.ltx.LtxWriter;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * When a tenant is due for a snapshot, and how one is made: when the log since the last one exceeds
 * the database's size, both as they are in the bucket, or it is a day old. So what a restore reads
 * is at most about twice the database.
 *
 * <p>What it counts is kept in a file {@code counted}, which need not survive a power cut: without
 * it the count begins anew.
 *
 * <p>Safe for use by many threads.
 */
final class Snapshots {
  private static final Duration AGE_MAX = Duration.ofDays(1);

  /** A log shorter than this is not worth a snapshot. */
  private static final long LOG_BYTES_MIN = 64 * 1_024;

  /** How often one is begun anew because another process commits at that moment. */
  private static final int ATTEMPTS_MAX = 8;

  private final Path directory;
  private final Path counted;
  private long logBytes;
  private long imageBytes;
  private long madeMillis;

  Snapshots(Path directory) throws IOException {
    this.directory = directory;
    this.counted = directory.resolve("counted");
    read();
  }

  private void read() throws IOException {
    try {
      String[] parts = Files.readString(counted, StandardCharsets.US_ASCII).trim().split(" ");
      if (parts.length == 3) {
        logBytes = Long.parseLong(parts[0]);
        imageBytes = Long.parseLong(parts[1]);
        madeMillis = Long.parseLong(parts[2]);
      }
    } catch (NoSuchFileException | NumberFormatException | UncheckedIOException e) {
      logBytes = 0; // Begun anew.
    }
  }

  private void write() throws IOException {
    Files.writeString(
        counted, logBytes + " " + imageBytes + " " + madeMillis, StandardCharsets.US_ASCII);
  }

  /** Counts segments that were put. */
  synchronized void shipped(List<Segment> segments) throws IOException {
    for (Segment each : segments) {
      if (each.txid() == 1) {
        imageBytes = each.length();
        logBytes = 0;
        madeMillis = each.timestampMillis();
      } else {
        logBytes += each.length();
      }
    }
    if (!segments.isEmpty()) {
      write();
    }
  }

  /** Whether it is time for one. */
  synchronized boolean isDue(long nowMillis) {
    return logBytes > Math.max(imageBytes, LOG_BYTES_MIN)
        || logBytes > 0 && madeMillis > 0 && nowMillis - madeMillis > AGE_MAX.toMillis();
  }

  /**
   * Makes one of the database as it is: commits stand still only while it is begun, and a reader is
   * taken only while it is copied.
   *
   * @param marking captures all that is committed; empty if the tenant is closed by now
   * @param stopped whether to give up
   */
  Optional<Taken> take(Source open, Marking marking, BooleanSupplier stopped) throws IOException {
    Path copy = directory.resolve("snapshot.db.tmp");
    Path file = directory.resolve("snapshot.ltx.tmp");
    try {
      Begun begun = copy(open, marking, copy);
      Marked marked = begun.marked;
      if (marked == null || stopped.getAsBoolean()) {
        return Optional.empty();
      }
      encode(copy, file, marked);
      return Optional.of(new Taken(marked.at(), file, Files.size(file)));
    } finally {
      Files.deleteIfExists(copy);
    }
  }

  private static Begun copy(Source open, Marking marking, Path copy) throws IOException {
    Files.deleteIfExists(copy);
    Begun begun = new Begun();
    try {
      open.whileStill(() -> begun.begin(open, marking));
      begun.copyTo(copy);
    } finally {
      begun.close();
    }
    return begun;
  }

  private static void encode(Path copy, Path file, Marked marked) throws IOException {
    LtxHeader newest = marked.newest();
    LtxHeader header =
        new LtxHeader(
            newest.pageSize(),
            newest.commit(),
            1,
            marked.at().txid(),
            newest.timestampMillis(),
            newest.walOffset(),
            newest.walSize(),
            newest.walSalt1(),
            newest.walSalt2(),
            0);
    long lockPage = 0x40000000L / header.pageSize() + 1;
    byte[] page = new byte[header.pageSize()];
    try (InputStream in = new BufferedInputStream(Files.newInputStream(copy), 1 << 18);
        OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 18)) {
      LtxWriter writer = new LtxWriter(out, header);
      for (long pgno = 1; pgno <= header.commit(); pgno++) {
        if (in.readNBytes(page, 0, page.length) != page.length) {
          throw new IOException("copy ends at page " + pgno + ", needed " + header.commit());
        }
        if (pgno != lockPage) {
          writer.page(pgno, pgno == 1 ? marked.page1() : page, 0);
        }
      }
      writer.finish();
    }
  }

  /** Notes that one is in the bucket, and deletes its file. */
  synchronized void done(Taken taken, long nowMillis) throws IOException {
    imageBytes = taken.bytes();
    logBytes = 0;
    madeMillis = nowMillis;
    write();
    Files.deleteIfExists(taken.file());
  }

  /** Captures, with the writer held. */
  @FunctionalInterface
  interface Marking {
    /**
     * Does it.
     *
     * @param before begins to read the state that is marked
     */
    Optional<Marked> mark(Source.StillWork before) throws IOException;
  }

  /**
   * The state that a snapshot has.
   *
   * @param at its position
   * @param newest the header of the segment there
   * @param page1 page 1 as it is, in which SQLite's copy differs from the database; null if it is
   *     not in the newest segment, since another process has committed after it was written
   */
  record Marked(Position at, LtxHeader newest, byte @Nullable [] page1) {

    /** Reads it from the newest segment, which must not be deleted meanwhile. */
    static Marked of(Position at, Path segment) throws IOException {
      try (InputStream in = new BufferedInputStream(Files.newInputStream(segment))) {
        LtxReader reader = new LtxReader(in, segment.getFileName().toString());
        byte[] page = new byte[reader.header().pageSize()];
        return new Marked(at, reader.header(), reader.next(page) == 1 ? page : null);
      }
    }
  }

  /**
   * A snapshot on the disk.
   *
   * @param at its position
   * @param file the LTX file
   * @param bytes its length
   */
  record Taken(Position at, Path file, long bytes) {}

  private static final class Begun {
    private Source.@Nullable Snapshot snapshot;
    private @Nullable Marked marked;

    /** What another process commits between the two would be behind the mark, and not in it. */
    void begin(Source open, Marking marking) throws IOException {
      for (int attempt = 1; !tryBegin(open, marking); attempt++) {
        if (attempt == ATTEMPTS_MAX) {
          throw new IOException("another process commits whenever a snapshot is begun");
        }
      }
    }

    private boolean tryBegin(Source open, Marking marking) throws IOException {
      close();
      Marked at = marking.mark(() -> read(open)).orElse(null);
      marked = at;
      return at == null || snapshot == null || at.page1() != null && snapshot.isNewest();
    }

    private void read(Source open) throws IOException {
      snapshot = open.snapshot();
      FailPoints.reached("ship.snapshot.begun");
    }

    void copyTo(Path copy) throws IOException {
      if (snapshot != null && marked != null) {
        snapshot.copyTo(copy);
      }
    }

    void close() throws IOException {
      Source.Snapshot begun = snapshot;
      snapshot = null;
      if (begun != null) {
        begun.close();
      }
    }
  }
}
