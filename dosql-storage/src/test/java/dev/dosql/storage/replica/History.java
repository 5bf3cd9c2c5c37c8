package dev.dosql.storage.replica;

import dev.dosql.storage.capture.Position;
import dev.dosql.storage.capture.Segment;
import dev.dosql.storage.ltx.LtxFiles;
import dev.dosql.storage.ltx.LtxHeader;
import dev.dosql.storage.ltx.LtxSummary;
import dev.dosql.storage.ltx.LtxWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/** A history in the making: the database file after each segment, and the segments. */
final class History {

  private final Path directory;
  private final int pageSize;
  private Position position;
  private byte[] database = new byte[0];
  private final List<Segment> segments = new ArrayList<>();
  private final List<byte[]> states = new ArrayList<>();
  private long clock = 1_700_000_000_000L;

  History(Path directory, String lineage, int pageSize) throws IOException {
    this.directory = Files.createDirectories(directory);
    this.pageSize = pageSize;
    this.position = Position.start(lineage);
    states.add(database);
  }

  /** Goes on from a restored file; what was before is not known. */
  static History from(Path directory, Position position, byte[] database) throws IOException {
    int stored = (database[16] & 0xff) << 8 | database[17] & 0xff;
    History history = new History(directory, position.lineage(), stored);
    history.position = position;
    history.database = database;
    return history;
  }

  /** The same so far, and free to go on in another way. */
  History fork(Path into) throws IOException {
    History fork = new History(into, position.lineage(), pageSize);
    fork.position = position;
    fork.database = database;
    fork.segments.addAll(segments);
    fork.states.clear();
    fork.states.addAll(states);
    fork.clock = clock;
    return fork;
  }

  Position position() {
    return position;
  }

  Position at(long txid) {
    Position at = Position.start(position.lineage());
    for (Segment segment : segments.subList(0, (int) txid)) {
      at = at.next(segment.checksum());
    }
    return at;
  }

  List<Segment> segments() {
    return segments;
  }

  Segment segment(long txid) {
    return segments.get((int) txid - 1);
  }

  List<Segment> after(long txid) {
    return List.copyOf(segments.subList((int) txid, segments.size()));
  }

  /** The database file at a position. */
  byte[] state(long txid) {
    return states.get((int) txid);
  }

  byte[] state() {
    return database;
  }

  /** Changes some pages at random, and now and then how many there are. */
  Segment commit(Random random) throws IOException {
    int pages = database.length / pageSize;
    int now = pages == 0 ? 3 + random.nextInt(5) : Math.max(1, pages + random.nextInt(7) - 3);
    byte[] next = Arrays.copyOf(database, now * pageSize);
    for (int pgno = pages; pgno < now; pgno++) {
      fill(random, next, pgno);
    }
    for (int i = random.nextInt(4); i >= 0; i--) {
      fill(random, next, random.nextInt(now));
    }
    return commit(next, random.nextInt(10) == 0);
  }

  /** Half of the page compresses; a file says how long its pages are. */
  private void fill(Random random, byte[] database, int page) {
    byte[] half = new byte[pageSize / 2];
    random.nextBytes(half);
    System.arraycopy(half, 0, database, page * pageSize, half.length);
    database[16] = (byte) (pageSize == 65_536 ? 0 : pageSize >>> 8);
    database[17] = (byte) (pageSize == 65_536 ? 1 : pageSize);
  }

  /** Adds the segment that leads from the present file to the next. */
  Segment commit(byte[] next, boolean image) throws IOException {
    TreeMap<Long, Integer> changed = new TreeMap<>();
    for (int offset = 0; offset < next.length; offset += pageSize) {
      boolean same =
          offset < database.length
              && Arrays.equals(
                  next, offset, offset + pageSize, database, offset, offset + pageSize);
      if (image || !same) {
        changed.put(offset / pageSize + 1L, offset);
      }
    }
    long txid = position.txid() + 1;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    clock += 1 + txid;
    LtxHeader header =
        new LtxHeader(pageSize, next.length / pageSize, txid, txid, clock, 32, 0, 1, 2, 0);
    LtxWriter writer = new LtxWriter(out, header);
    for (var page : changed.entrySet()) {
      writer.page(page.getKey(), next, page.getValue());
    }
    LtxSummary summary = writer.finish();
    database = next;
    states.add(next);
    position = position.next(summary.checksum());
    Path file = directory.resolve("%016x-%s.ltx".formatted(txid, position.chain()));
    Files.write(file, out.toByteArray());
    boolean whole = image || txid == 1;
    Segment segment =
        new Segment(
            txid, summary.checksum(), position.chain(), file, summary.length(), clock, whole);
    segments.add(segment);
    return segment;
  }

  /** A snapshot of the state at a position, as a file. */
  Path snapshot(long txid) throws IOException {
    return snapshot(at(txid), state(txid));
  }

  Path snapshotNow() throws IOException {
    return snapshot(position, database);
  }

  private Path snapshot(Position at, byte[] state) throws IOException {
    Path image = Files.write(directory.resolve("image"), state);
    Restored restored =
        new Restored(at, pageSize, state.length / pageSize, clock, 0, 1, 0, List.of());
    Path file = directory.resolve(LtxFiles.name(1, at.txid()));
    SnapshotFile.write(image, restored, file);
    return file;
  }
}
