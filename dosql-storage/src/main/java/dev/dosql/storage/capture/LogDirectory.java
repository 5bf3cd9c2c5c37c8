package dev.dosql.storage.capture;

import dev.dosql.storage.internal.Durable;
import dev.dosql.storage.internal.FailPoints;
import dev.dosql.storage.ltx.LtxFiles;
import dev.dosql.storage.ltx.LtxFormatException;
import dev.dosql.storage.ltx.LtxHeader;
import dev.dosql.storage.ltx.LtxReader;
import dev.dosql.storage.ltx.LtxSummary;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The files of a log; the package's description says what they are.
 *
 * <p>Used by one thread at a time.
 */
final class LogDirectory {

  private static final String UNFINISHED = ".tmp";
  private static final String BAD = ".bad";

  private static final Pattern SEGMENT =
      Pattern.compile("([0-9a-f]{16})-([0-9a-f]{16})-([0-9a-f]{16})\\.ltx");

  private final Path directory;

  LogDirectory(Path directory) {
    this.directory = directory;
  }

  /** A name that is deleted when the log is opened, unless it was given another. */
  Path unfinished(String what) {
    return directory.resolve(what + UNFINISHED);
  }

  /** Makes the directory, and deletes what was not finished. */
  void prepare() throws IOException {
    Durable.makeDirectories(directory);
    for (Path file : list("*" + UNFINISHED + "*")) {
      Files.delete(file);
    }
  }

  /** Deletes what is not needed any more; if that fails, the next opening does it. */
  static void discard(Path unfinished) {
    try {
      Files.deleteIfExists(unfinished);
    } catch (IOException e) {
      // What it was needed for succeeded, or failed with an exception of its own.
    }
  }

  // Segments

  /** Gives a segment that is complete and forced its name. */
  Captured publish(
      Path unfinished, LtxSummary summary, Position position, Cursor cursor, @Nullable String why)
      throws IOException {
    Path file = directory.resolve(name(position, cursor));
    Durable.replace(unfinished, file);
    FailPoints.reached("capture.renamed");
    Durable.forceDirectory(directory);
    return captured(file, summary, position, cursor, why);
  }

  private static String name(Position position, Cursor cursor) {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(position.txid())
        + '-'
        + position.chain()
        + '-'
        + hex.toHexDigits(cursor.sums())
        + ".ltx";
  }

  private static Captured captured(
      Path file, LtxSummary summary, Position position, Cursor cursor, @Nullable String why) {
    LtxHeader header = summary.header();
    boolean image = summary.pages() == pagesOfImage(header);
    Segment segment =
        new Segment(
            position.txid(),
            summary.checksum(),
            position.chain(),
            file,
            summary.length(),
            header.timestampMillis(),
            image,
            why);
    return new Captured(segment, position, cursor);
  }

  private static long pagesOfImage(LtxHeader header) {
    long commit = header.commit();
    return commit >= LtxFiles.lockPage(header.pageSize()) ? commit - 1 : commit;
  }

  /** Deletes the segments up to this one; if that fails, the next opening does it. */
  void deleteUpTo(long txid) {
    try {
      for (Path file : list("*.ltx")) {
        if (txid(file) <= txid) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      // They are no longer needed, and known to be: nothing to tell.
    }
  }

  /** Deletes the segments after this one, for good. */
  void deleteAfter(long txid) throws IOException {
    for (Path file : list("*.ltx")) {
      if (txid(file) > txid) {
        Files.delete(file);
      }
    }
    Durable.forceDirectory(directory);
  }

  /** What a file name begins with; no segment if it is less than 0. */
  private static long txid(Path file) {
    Matcher name = SEGMENT.matcher(file.getFileName().toString());
    return name.matches() ? Long.parseUnsignedLong(name.group(1), 16) : -1;
  }

  /**
   * Reads and verifies the segments that follow. Those up to it were shipped, and are deleted; the
   * first that is damaged is set aside, with all that come after it.
   */
  List<Captured> adopt(Start start, List<String> damage) throws IOException {
    List<Captured> adopted = new ArrayList<>();
    Position position = start.position();
    boolean sound = true;
    for (Path file : list("*.ltx")) {
      if (txid(file) >= 0 && txid(file) <= start.position().txid()) {
        Files.delete(file);
        continue;
      }
      Optional<Captured> next = sound ? read(file, position, damage) : Optional.empty();
      if (next.isPresent()) {
        adopted.add(next.get());
        position = next.get().position();
      } else {
        sound = false;
        setAside(file);
      }
    }
    if (!adopted.isEmpty()) {
      Durable.forceDirectory(directory); // They may have been renamed a moment before a crash.
    }
    return adopted;
  }

  /** Sets all segments aside, because it is not known what they follow. */
  void setSegmentsAside(List<String> damage) throws IOException {
    for (Path file : list("*.ltx")) {
      damage.add("segment without a position before it (file=" + file + ")");
      setAside(file);
    }
  }

  private void setAside(Path file) throws IOException {
    Durable.replace(file, file.resolveSibling(file.getFileName() + BAD));
  }

  private static Optional<Captured> read(Path file, Position before, List<String> damage)
      throws IOException {
    Matcher name = SEGMENT.matcher(file.getFileName().toString());
    try (InputStream in = new FileInputStream(file.toFile())) {
      LtxReader reader = new LtxReader(in, file.toString());
      byte[] page = new byte[reader.header().pageSize()];
      while (reader.next(page) != 0) {
        // Only to verify it.
      }
      return verified(file, name, reader.summary(), before, damage);
    } catch (LtxFormatException e) {
      damage.add(String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private static Optional<Captured> verified(
      Path file, Matcher name, LtxSummary summary, Position before, List<String> damage) {
    LtxHeader header = summary.header();
    Position position = before.next(summary.checksum());
    Cursor cursor = cursor(header, name);
    boolean inPlace = header.minTxid() == position.txid() && header.maxTxid() == position.txid();
    if (inPlace && name(position, cursor).equals(file.getFileName().toString())) {
      return Optional.of(captured(file, summary, position, cursor, null));
    }
    damage.add(
        "segment refused: txid=%x-%x, chain=%s by its content, needed txid %x after chain %s (file=%s)"
            .formatted(
                header.minTxid(),
                header.maxTxid(),
                position.chain(),
                position.txid(),
                before.chain(),
                file));
    return Optional.empty();
  }

  private static Cursor cursor(LtxHeader header, Matcher name) {
    long salts = (long) header.walSalt1() << 32 | header.walSalt2() & 0xffff_ffffL;
    long end = header.walOffset() + header.walSize();
    long sums = name.matches() ? Long.parseUnsignedLong(name.group(3), 16) : 0;
    return new Cursor(salts, end, sums, header.pageSize(), header.commit());
  }

  private List<Path> list(String glob) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, glob)) {
      found.forEach(files::add);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    files.sort(null);
    return files;
  }

  // The two small files

  void write(Start start) throws IOException {
    Path file = unfinished(Start.FILE);
    writeForced(file, start.encode());
    FailPoints.reached("capture.position.forced");
    Durable.rename(file, directory.resolve(Start.FILE));
    FailPoints.reached("capture.position.renamed");
  }

  /** Whether there are segments. */
  boolean hasSegments() throws IOException {
    return !list("*.ltx").isEmpty();
  }

  /** Reads where the segments start; empty if that was never written, or is damaged. */
  Optional<Start> readStart(List<String> damage) throws IOException {
    return read(Start.FILE, Start::decode, damage);
  }

  /** Reads the same while another may write it; nothing is changed. */
  Optional<Start> peekStart() throws IOException {
    try {
      return decode(readAll(directory.resolve(Start.FILE)), Start::decode);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Writes the mark. A loss of power may undo it, which only makes the next segment an image. */
  void write(Mark mark) throws IOException {
    Path file = unfinished(Mark.FILE);
    writeForced(file, mark.encode());
    FailPoints.reached("capture.mark.forced");
    placeMark(file);
  }

  private void placeMark(Path file) throws IOException {
    Durable.replace(file, directory.resolve(Mark.FILE));
    FailPoints.reached("capture.mark.renamed");
  }

  /**
   * Writes where a log starts that nothing is known of, together with the name of its directory:
   * which may have been made, or deleted and made again, without a force. The mark is not forced,
   * for the reason above: one that is lost or torn is none.
   */
  void writeFirst(Start start, @Nullable Mark mark) throws IOException {
    Durable.makeDirectories(directory);
    if (mark != null) {
      Path file = unfinished(Mark.FILE);
      writeAll(file, mark.encode());
      placeMark(file);
    }
    write(start);
    Durable.forceDirectory(directory.toAbsolutePath().getParent());
  }

  /** Reads the mark; empty if there is none that is whole, which is no damage. */
  Optional<Mark> readMark() throws IOException {
    return read(Mark.FILE, Mark::decode, new ArrayList<>());
  }

  private static void writeAll(Path file, byte[] content) throws IOException {
    try (FileOutputStream out = new FileOutputStream(file.toFile())) {
      out.write(withCrc(content));
    }
  }

  private static void writeForced(Path file, byte[] content) throws IOException {
    try (FileOutputStream out = new FileOutputStream(file.toFile())) {
      out.write(withCrc(content));
      out.getFD().sync();
    }
  }

  private static byte[] withCrc(byte[] content) {
    byte[] bytes = Arrays.copyOf(content, content.length + Integer.BYTES);
    ByteBuffer.wrap(bytes).putInt(content.length, crc(content, content.length));
    return bytes;
  }

  private static int crc(byte[] bytes, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  private <T> Optional<T> read(String name, Function<ByteBuffer, T> decoding, List<String> damage)
      throws IOException {
    Path file = directory.resolve(name);
    byte[] bytes;
    try {
      bytes = readAll(file);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    Optional<T> read = decode(bytes, decoding);
    if (read.isEmpty()) {
      damage.add(
          "%s is damaged: %d bytes without the right content and checksum, needed both (file=%s)"
              .formatted(name, bytes.length, file));
      setAside(file);
    }
    return read;
  }

  private static <T> Optional<T> decode(byte[] bytes, Function<ByteBuffer, T> decoding) {
    int end = bytes.length - Integer.BYTES;
    if (end >= 0 && ByteBuffer.wrap(bytes).getInt(end) == crc(bytes, end)) {
      try {
        return Optional.of(decoding.apply(ByteBuffer.wrap(bytes, 0, end)));
      } catch (IllegalArgumentException | BufferUnderflowException | DateTimeException e) {
        // Of another version, or none of ours.
      }
    }
    return Optional.empty();
  }

  private static byte[] readAll(Path file) throws IOException {
    if (Files.notExists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    // Not Files.readAllBytes: only plain streams are promised to ignore interrupts.
    try (FileInputStream in = new FileInputStream(file.toFile())) {
      return in.readAllBytes();
    }
  }
}
