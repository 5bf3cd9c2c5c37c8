package dev.dosql.storage.ltx;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes one LTX file of several that follow one another: of each page the newest version, and none
 * beyond the end that the database has at last. A whole image first makes a whole image.
 *
 * <p>The header goes from the first transaction of the first file to the last of the last, with the
 * size and the time of the last; what it says of a {@code -wal} and a node is 0. Pages are not
 * compressed again. Every input is verified to its end, and that each goes on where the one before
 * ended.
 *
 * <p>At most {@value #FAN_IN} files are open at once, with some 100 KiB of memory for each; of more
 * than that, parts are merged into files in a directory of the caller's first.
 */
public final class LtxMerge {

  /** The most files that are merged at once. */
  static final int FAN_IN = 64;

  private LtxMerge() {}

  /** Where an LTX file comes from. */
  public interface Source {

    /**
     * Returns what to call it in messages.
     *
     * @return a name
     */
    String name();

    /**
     * Opens it at its beginning; called once.
     *
     * @return the bytes, which the merge closes
     * @throws IOException if it cannot be opened
     */
    InputStream open() throws IOException;

    /**
     * Makes a source of a local file.
     *
     * @param file an LTX file
     * @return the source
     */
    static Source of(Path file) {
      return new FileSource(file);
    }
  }

  private record FileSource(Path file) implements Source {

    @Override
    public String name() {
      return String.valueOf(file.getFileName());
    }

    @Override
    public InputStream open() throws IOException {
      return Files.newInputStream(file);
    }
  }

  /**
   * Merges any number of files.
   *
   * @param sources the files, from the oldest to the newest, at least one
   * @param scratch an existing directory for files in between, which are gone at the end
   * @param out where the result goes; not closed
   * @return what was written
   * @throws LtxFormatException if a file is refused, or does not go on where the one before ended;
   *     what was written to {@code out} must be thrown away
   * @throws IOException if reading or writing fails; likewise
   */
  public static LtxSummary merge(List<Source> sources, Path scratch, OutputStream out)
      throws IOException {
    if (sources.isEmpty()) {
      throw new IllegalArgumentException("merge refused: no files, needed one at least");
    }
    List<Path> between = new ArrayList<>();
    try {
      return mergeAtOnce(fewer(sources, scratch, between), out);
    } finally {
      for (Path file : between) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** Merges parts until there are few enough; the first, which may be large, is not in any part. */
  private static List<Source> fewer(List<Source> sources, Path scratch, List<Path> between)
      throws IOException {
    List<Source> rest = sources.subList(1, sources.size());
    while (rest.size() >= FAN_IN) {
      List<Source> parts = new ArrayList<>();
      for (int i = 0; i < rest.size(); i += FAN_IN) {
        List<Source> part = rest.subList(i, Math.min(i + FAN_IN, rest.size()));
        parts.add(mergePart(part, scratch, between));
      }
      rest = parts;
    }
    List<Source> all = new ArrayList<>(rest);
    all.add(0, sources.get(0));
    return all;
  }

  private static Source mergePart(List<Source> part, Path scratch, List<Path> between)
      throws IOException {
    Path file = Files.createTempFile(scratch, "merge", ".tmp");
    between.add(file);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      mergeAtOnce(part, out);
    }
    return Source.of(file);
  }

  private static LtxSummary mergeAtOnce(List<Source> sources, OutputStream out) throws IOException {
    try (Inputs inputs = new Inputs()) {
      for (Source source : sources) {
        inputs.add(source);
      }
      return inputs.merge(out);
    }
  }

  /** Files that are read side by side, each of them at a page. */
  private static final class Inputs implements Closeable {

    private final List<InputStream> streams = new ArrayList<>();
    private final List<Cursor> cursors = new ArrayList<>();

    void add(Source source) throws IOException {
      InputStream stream = source.open();
      streams.add(stream);
      LtxReader reader = new LtxReader(stream, source.name());
      if (!cursors.isEmpty()) {
        reader.follows(newest().reader.header());
      }
      cursors.add(new Cursor(reader));
    }

    private Cursor newest() {
      return cursors.get(cursors.size() - 1);
    }

    LtxSummary merge(OutputStream out) throws IOException {
      LtxWriter writer = new LtxWriter(out, header());
      for (Cursor cursor : cursors) {
        cursor.advance();
      }
      for (long pgno; (pgno = lowest()) != Cursor.END; ) {
        copyNewest(pgno, writer);
      }
      return writer.finish();
    }

    private LtxHeader header() {
      LtxHeader first = cursors.get(0).reader.header();
      LtxHeader last = newest().reader.header();
      return new LtxHeader(
          last.pageSize(),
          last.commit(),
          first.minTxid(),
          last.maxTxid(),
          last.timestampMillis(),
          0,
          0,
          0,
          0,
          0);
    }

    private long lowest() {
      long lowest = Cursor.END;
      for (Cursor cursor : cursors) {
        lowest = Math.min(lowest, cursor.pgno);
      }
      return lowest;
    }

    private void copyNewest(long pgno, LtxWriter writer) throws IOException {
      boolean wanted = pgno <= newest().reader.header().commit();
      for (int i = cursors.size() - 1; i >= 0; i--) {
        Cursor cursor = cursors.get(i);
        if (cursor.pgno == pgno) {
          if (wanted) {
            cursor.reader.copyTo(writer, pgno, cursor.page);
            wanted = false;
          }
          cursor.advance();
        }
      }
    }

    @Override
    public void close() throws IOException {
      IOException failure = null;
      for (InputStream stream : streams) {
        try {
          stream.close();
        } catch (IOException e) {
          failure = failure == null ? e : failure;
        }
      }
      if (failure != null) {
        throw failure;
      }
    }
  }

  private static final class Cursor {

    /** Beyond every page. */
    static final long END = Long.MAX_VALUE;

    final LtxReader reader;
    final byte[] page;
    long pgno;

    Cursor(LtxReader reader) {
      this.reader = reader;
      this.page = new byte[reader.header().pageSize()];
    }

    void advance() throws IOException {
      long next = reader.next(page);
      pgno = next == 0 ? END : next;
    }
  }
}
