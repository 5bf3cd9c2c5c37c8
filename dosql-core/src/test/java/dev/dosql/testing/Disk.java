package dev.dosql.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What of a directory is on the disk for certain, and what is only on its way there, at every
 * moment that somebody looked: a power cut leaves the first, and of the second anything.
 *
 * <ul>
 *   <li>A file's bytes are certain as of its last force; of what was written since, each sector may
 *       be there or not, and the length may be any that it had.
 *   <li>A directory's names are certain as of its last force; of the changes since, each may be
 *       there or not. A rename inside one directory is one change; one from another directory is
 *       two, since each directory is forced by itself.
 * </ul>
 *
 * <p>What SQLite writes is seen by looking before and after each operation of the library. What it
 * forces by itself is not seen and is taken from its promise for {@code synchronous=NORMAL}: it
 * forces the log before it moves it into the file, the file before it begins the log anew or
 * deletes it, and the header of the new log before it goes on. Between two looks nothing is cut,
 * and a {@code -shm} never survives: SQLite makes it anew.
 *
 * <p>Looking opens live files and so drops SQLite's locks on POSIX, which no test may do that has
 * another process at them. Used by one thread at a time.
 *
 * <p>Source: "Atomic Commit in SQLite", section 3; SQLite's file format, section 4.
 */
public final class Disk {
  private static final int SECTOR = 512;
  private static final int LOG_HEADER = 32;
  private static final int FRAME_HEADER = 24;
  private static final long DIRECTORY = 0;

  private final Path root;
  private final List<Moment> moments = new ArrayList<>();
  private final List<Change> pending = new ArrayList<>();

  /** The names that are certain; those that are seen; what they lead to. */
  private final Map<Path, Map<String, Long>> certain = new HashMap<>();

  private final Map<Path, Map<String, Long>> seen = new HashMap<>();

  /** The bytes of each file: those that are certain, then those seen since. */
  private final Map<Long, List<byte[]>> versions = new HashMap<>();

  private final Map<Object, Long> keys = new HashMap<>();
  private long lastFile = DIRECTORY;
  private int answered;

  /** Watches a directory; what is in it now is on the disk. */
  Disk(Path root) throws IOException {
    this.root = root;
    look();
    certain.putAll(seen);
    pending.clear();
    versions.replaceAll((file, all) -> List.of(last(all)));
    moments.clear();
    moments.add(moment());
  }

  /** A change of names, all of it or none: what each leads to then, or null. */
  private record Change(Path directory, Map<String, @Nullable Long> names) {}

  /** What a cut at one moment can leave. */
  public final class Moment {
    private final Map<Path, Map<String, Long>> names;
    private final List<Change> changes;
    private final Map<Long, List<byte[]>> bytes;
    private final int answers;

    private Moment(
        Map<Path, Map<String, Long>> names, List<Change> changes, Map<Long, List<byte[]>> bytes) {
      this.names = names;
      this.changes = changes;
      this.bytes = bytes;
      this.answers = answered;
    }

    /** How many answers had been given by then. */
    public int answers() {
      return answers;
    }

    /** What is left when nothing of what is on its way arrives. */
    public Map<String, ByteBuffer> least() {
      return leave(change -> false, all -> all.get(0));
    }

    /** What is left when all of it arrives. */
    public Map<String, ByteBuffer> most() {
      return leave(change -> true, Disk::last);
    }

    /** What is left when one change of names alone arrives, or all but one, with all bytes. */
    public List<Map<String, ByteBuffer>> oneByOne() {
      List<Map<String, ByteBuffer>> all = new ArrayList<>();
      for (Change one : changes) {
        all.add(leave(change -> change == one, Disk::last));
        all.add(leave(change -> change != one, Disk::last));
      }
      return all;
    }

    /** What is left when some of it does. */
    public Map<String, ByteBuffer> some(Random random) {
      int names = random.nextInt(3); // Half of the names, few, or most.
      return leave(
          change -> names == 0 ? random.nextBoolean() : random.nextInt(5) == 0 == (names == 1),
          all -> torn(all, random));
    }

    private Map<String, ByteBuffer> leave(Chance chance, Tearing tearing) {
      Map<Path, Map<String, Long>> left = new HashMap<>();
      names.forEach((directory, entries) -> left.put(directory, new HashMap<>(entries)));
      for (Change change : changes) {
        if (chance.arrives(change)) {
          Map<String, Long> entries =
              left.computeIfAbsent(change.directory, any -> new HashMap<>());
          change.names.forEach(
              (name, file) -> {
                if (file == null) {
                  entries.remove(name);
                } else {
                  entries.put(name, file);
                }
              });
        }
      }
      Map<Long, byte[]> chosen = new HashMap<>();
      Map<String, ByteBuffer> files = new TreeMap<>();
      collect(root, "", left, file -> chosen.computeIfAbsent(file, f -> tear(f, tearing)), files);
      return files;
    }

    private byte[] tear(Long file, Tearing tearing) {
      return tearing.tear(bytes.getOrDefault(file, List.of(new byte[0])));
    }

    private void collect(
        Path directory,
        String prefix,
        Map<Path, Map<String, Long>> left,
        Contents contents,
        Map<String, ByteBuffer> files) {
      new TreeMap<>(left.getOrDefault(directory, Map.of()))
          .forEach(
              (name, file) -> {
                if (file == DIRECTORY) {
                  files.put(prefix + name + "/", ByteBuffer.allocate(0));
                  collect(directory.resolve(name), prefix + name + "/", left, contents, files);
                } else {
                  files.put(prefix + name, ByteBuffer.wrap(contents.of(file)));
                }
              });
    }
  }

  /** Makes a directory of what a cut has left. */
  public static void write(Map<String, ByteBuffer> files, Path target) throws IOException {
    Files.createDirectories(target);
    for (Map.Entry<String, ByteBuffer> each : files.entrySet()) {
      if (each.getKey().endsWith("/")) {
        Files.createDirectories(target.resolve(each.getKey()));
      } else {
        Files.write(target.resolve(each.getKey()), each.getValue().array());
      }
    }
  }

  /** Every moment so far. */
  public synchronized List<Moment> moments() {
    return List.copyOf(moments);
  }

  /** Notes that what was asked for has been answered. */
  public synchronized void answer() throws IOException {
    look();
    answered++;
    moments.add(moment());
  }

  /** Does something to the directory, and looks before and after it. */
  synchronized <T extends @Nullable Object> T around(Operation<T> operation) throws IOException {
    look();
    try {
      return operation.run();
    } finally {
      look();
    }
  }

  /** Notes that a file or directory was forced as it was when it was looked at last. */
  synchronized void forced(Path path) {
    Map<String, Long> entries = seen.get(path);
    if (entries != null) {
      certain.put(path, Map.copyOf(entries));
      pending.removeIf(change -> change.directory.equals(path));
    } else {
      Map<String, Long> beside = seen.getOrDefault(path.getParent(), Map.of());
      Long file = beside.get(path.getFileName().toString());
      if (file != null) {
        forced(file, last(versions.get(file)));
      }
    }
    moments.add(moment());
  }

  private void forced(Long file, byte[] bytes) {
    versions.put(file, List.of(bytes));
  }

  private Moment moment() {
    return new Moment(Map.copyOf(certain), List.copyOf(pending), Map.copyOf(versions));
  }

  private static <T> T last(List<T> list) {
    return list.get(list.size() - 1);
  }

  // ---- looking

  /** Notes what has changed since it was last looked at. */
  synchronized void look() throws IOException {
    Map<Path, Map<String, Long>> now = new HashMap<>();
    Map<Object, Long> nowKeys = new HashMap<>();
    Map<Long, byte[]> bytes = new HashMap<>();
    list(root, now, nowKeys, bytes);
    boolean changed = forcedBySqlite(now, bytes);
    for (Map.Entry<Long, byte[]> each : bytes.entrySet()) {
      changed |= written(each.getKey(), each.getValue());
    }
    for (Map.Entry<Path, Map<String, Long>> each : now.entrySet()) {
      changed |=
          renamed(each.getKey(), seen.getOrDefault(each.getKey(), Map.of()), each.getValue());
    }
    keys.clear();
    keys.putAll(nowKeys);
    seen.clear();
    seen.putAll(now);
    if (changed) {
      moments.add(moment());
    }
  }

  private void list(
      Path directory,
      Map<Path, Map<String, Long>> now,
      Map<Object, Long> nowKeys,
      Map<Long, byte[]> bytes)
      throws IOException {
    Map<String, Long> entries = new HashMap<>();
    now.put(directory, entries);
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
      for (Path each : all) {
        String name = each.getFileName().toString();
        try {
          if (Files.isDirectory(each)) {
            entries.put(name, DIRECTORY);
            list(each, now, nowKeys, bytes);
          } else if (!name.endsWith("-shm")) {
            Object key = Files.readAttributes(each, BasicFileAttributes.class).fileKey();
            Long known = nowKeys.getOrDefault(key, keys.get(key));
            Long file = known == null ? ++lastFile : known;
            nowKeys.put(key, file);
            entries.put(name, file);
            bytes.put(file, Files.readAllBytes(each));
          }
        } catch (NoSuchFileException e) {
          // It went meanwhile.
        }
      }
    }
  }

  private boolean written(Long file, byte[] now) {
    List<byte[]> all = versions.get(file);
    if (all == null) {
      all = List.of(new byte[0]); // Not a byte of a new file is certain.
      versions.put(file, all);
    }
    if (Arrays.equals(last(all), now)) {
      return false;
    }
    List<byte[]> more = new ArrayList<>(all);
    more.add(now);
    versions.put(file, more);
    return true;
  }

  /** Each name by itself, but a file that left one and got another: that was a rename. */
  private boolean renamed(Path directory, Map<String, Long> before, Map<String, Long> now) {
    Set<String> names = new HashSet<>(before.keySet());
    names.addAll(now.keySet());
    names.removeIf(name -> before.getOrDefault(name, -1L).equals(now.getOrDefault(name, -1L)));
    boolean changed = !names.isEmpty();
    for (String to : List.copyOf(names)) {
      Long file = now.get(to);
      String from =
          file == null || file == DIRECTORY
              ? null
              : names.stream()
                  .filter(name -> file.equals(before.get(name)) && now.get(name) == null)
                  .findAny()
                  .orElse(null);
      if (from != null) {
        Map<String, @Nullable Long> rename = new HashMap<>();
        rename.put(from, null);
        rename.put(to, file);
        pending.add(new Change(directory, rename));
        names.remove(from);
        names.remove(to);
      }
    }
    for (String name : names) {
      Map<String, @Nullable Long> change = new HashMap<>();
      change.put(name, now.get(name));
      pending.add(new Change(directory, change));
    }
    return changed;
  }

  // ---- SQLite's own forces

  private boolean forcedBySqlite(Map<Path, Map<String, Long>> now, Map<Long, byte[]> bytes) {
    boolean changed = false;
    for (Map.Entry<Path, Map<String, Long>> each : now.entrySet()) {
      Map<String, Long> before = seen.getOrDefault(each.getKey(), Map.of());
      for (Map.Entry<String, Long> entry : each.getValue().entrySet()) {
        Long file = entry.getValue();
        String log = entry.getKey() + "-wal";
        if (file != DIRECTORY && file.equals(before.get(entry.getKey()))) {
          changed |= forcedBySqlite(file, before.get(log), each.getValue().get(log), bytes);
        }
      }
    }
    return changed;
  }

  private boolean forcedBySqlite(
      Long file, @Nullable Long logBefore, @Nullable Long logNow, Map<Long, byte[]> bytes) {
    byte[] none = new byte[0];
    byte[] before = logBefore == null ? none : last(versions.get(logBefore));
    byte[] now = logNow == null ? none : bytes.getOrDefault(logNow, none);
    byte[] database = bytes.getOrDefault(file, none);
    boolean moved = !Arrays.equals(last(versions.get(file)), database);
    boolean anew = now.length < LOG_HEADER || !isSameLog(before, now);
    if (before.length >= LOG_HEADER && logBefore != null && anew) {
      // What was not seen of the old log must not be missing beside the new file.
      forced(logBefore, holds(before, database) ? before : none);
      forced(file, database);
    }
    if (now.length >= LOG_HEADER && logNow != null) {
      if (anew) {
        versions.put(logNow, List.of(Arrays.copyOf(now, LOG_HEADER)));
      } else if (moved) {
        forced(logNow, now);
      }
    }
    return moved || anew && before.length >= LOG_HEADER;
  }

  private static boolean isSameLog(byte[] one, byte[] other) {
    return one.length >= LOG_HEADER
        && Arrays.equals(Arrays.copyOf(one, LOG_HEADER), Arrays.copyOf(other, LOG_HEADER));
  }

  /** Whether all pages of a log are in the file as the log has them. */
  private static boolean holds(byte[] log, byte[] database) {
    ByteBuffer fields = ByteBuffer.wrap(log);
    int page = fields.getInt(8);
    Map<Integer, Integer> lastFrames = new HashMap<>();
    long pages = 0;
    for (int at = LOG_HEADER; at + FRAME_HEADER + page <= log.length; at += FRAME_HEADER + page) {
      if (fields.getLong(at + 8) != fields.getLong(16)) {
        break;
      }
      lastFrames.put(fields.getInt(at), at + FRAME_HEADER);
      pages = fields.getInt(at + 4) == 0 ? pages : fields.getInt(at + 4);
    }
    boolean whole = database.length == pages * page;
    for (Map.Entry<Integer, Integer> each : lastFrames.entrySet()) {
      long from = (each.getKey() - 1L) * page;
      whole &=
          from + page > database.length // Cut off later, in the same log.
              || Arrays.equals(
                  log,
                  each.getValue(),
                  each.getValue() + page,
                  database,
                  (int) from,
                  (int) from + page);
    }
    return whole;
  }

  /** Bytes as they may be: each sector of any version, the length of any. */
  private static byte[] torn(List<byte[]> all, Random random) {
    int mode = random.nextInt(4);
    if (mode < 2) {
      return mode == 0 ? all.get(0) : last(all);
    }
    byte[] torn = new byte[all.get(random.nextInt(all.size())).length];
    for (int at = 0; at < torn.length; at += SECTOR) {
      boolean old = mode == 2 && random.nextInt(8) != 0;
      byte[] from = old ? all.get(0) : all.get(random.nextInt(all.size()));
      int end = Math.min(Math.min(at + SECTOR, torn.length), from.length);
      if (end > at) {
        System.arraycopy(from, at, torn, at, end - at);
      }
    }
    return torn;
  }

  /** Something that is done to the directory. */
  @FunctionalInterface
  interface Operation<T extends @Nullable Object> {
    T run() throws IOException;
  }

  @FunctionalInterface
  private interface Chance {
    boolean arrives(Change change);
  }

  @FunctionalInterface
  private interface Tearing {
    byte[] tear(List<byte[]> versions);
  }

  @FunctionalInterface
  private interface Contents {
    byte[] of(Long file);
  }
}
