package dev.dosql.storage;

import dev.dosql.storage.DurableFiles.Staged;
import dev.dosql.storage.Sidecar.Version;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * An object store in a directory of a local file system, shared by any number of JVMs.
 *
 * <p>The content of an object is a plain file with exactly its bytes. Everything else lies in
 * {@code .dosql}, which no key can name:
 *
 * <pre>
 * &lt;root&gt;/t/acme/0000000000000001-0000000000000001.ltx    object: content
 * &lt;root&gt;/.dosql/meta/t/acme/0000000000000001-….ltx       object: sidecar, same path
 * &lt;root&gt;/.dosql/tmp/&lt;uuid&gt;                              staged, or left over by a crash
 * &lt;root&gt;/.dosql/lock/00 … 3f                             lock files, always empty
 * </pre>
 *
 * <p><b>Names.</b> Each segment of a key becomes one name. {@code a-z 0-9 - _} and a {@code .}
 * within stand for themselves; every other byte of its UTF-8 is {@code %} and two lower-case hex
 * digits, as is the first byte of what Windows takes for a device ({@code con}, {@code nul.txt},
 * …). An object whose name has no dot and a directory whose name has one end in {@code %}; so
 * {@code a} is the file {@code a%}, and {@code a/b.c/d.e} is {@code a/b.c%/d.e}. Hence no two keys
 * meet in one name, on any file system, and a key may be the beginning of another. <b>Refused</b>
 * with {@link IllegalArgumentException}: a segment whose name is longer than 255 characters. Files
 * whose names this rule would not write are not objects and stay unseen.
 *
 * <p><b>Sidecar.</b> Integers are big-endian; a UTF string is 2 bytes of length and its bytes.
 *
 * <pre>
 * offset  size  content
 *      0     8  magic "dosqlom1"
 *      8     1  number of versions, 1 or 2, newest first; each of them is:
 *      +0    8    size of the content in bytes
 *      +8    8    last modification of the content file, microseconds since 1970
 *     +16   16    version tag: the first 16 bytes of the SHA-256 of the content
 *     +32    2    number of metadata pairs; each of them is:
 *                   UTF name, UTF value
 *   end-4    4  CRC-32 of all bytes before it
 * </pre>
 *
 * <p>Two files cannot be replaced at once. So a put first replaces the sidecar by one that
 * describes the new and the present content, then the content. A reader takes the version whose
 * size and time are those of the content file, which are unlike for successive contents; failing
 * that, after a copy that did not keep times, the one whose tag is that of the bytes. Whichever
 * content a crash leaves, the sidecar describes it. A file that someone else put there has no such
 * version: its tag is computed from its bytes at each read, and it has no metadata.
 *
 * <p><b>Puts</b> stage the content in {@code tmp} and sync it; then, under the lock of the key,
 * check the condition, write the sidecar, rename, and sync the directories. Deletes take the same
 * lock, reads none. The lock is a monitor of the JVM and a lock on one of 64 files, waited for
 * {@code 30 s} at most. Leftovers in {@code tmp} older than {@code 24 h} are swept on open.
 *
 * <p><b>Symbolic links</b> below the root are never followed: a key whose path meets one fails with
 * {@link IOException}, and lists leave them out. The root itself may be one. This guards against
 * accidents, not against someone who changes directories while they are used.
 *
 * <p><b>Limits.</b> File locks must work between all JVMs that share the directory: so a local file
 * system, or an NFS that is known to lock and to sync. Directories are never removed. No store may
 * lie within another's root. Lists read whole directories, so a page costs as much as its largest
 * directory. On Windows a put or delete of an object that is being read fails. Content is not
 * compared with its tag on reads.
 *
 * <p>Safe for use by many threads.
 */
public final class DirectoryObjectStore implements ObjectStore {

  /** Staged files older than this belong to nobody any more. */
  static final Duration LEFTOVER_AGE_MIN = Duration.ofHours(24);

  /** How often a read begins anew because the object was replaced under it. */
  private static final int READ_ATTEMPTS_MAX = 1000;

  private static final int ARRAY_LENGTH_MAX = Integer.MAX_VALUE - 8;

  private final Path root;
  private final Path meta;
  private final Path tmp;
  private final DurableFiles files;
  private final KeyLocks locks;
  private volatile boolean closed;

  private DirectoryObjectStore(Path root) {
    Path own = root.resolve(".dosql");
    this.root = root;
    meta = own.resolve("meta");
    tmp = own.resolve("tmp");
    files = new DurableFiles(root);
    locks = new KeyLocks(own.resolve("lock"));
  }

  /**
   * Opens the store in a directory, which is created if need be, and sweeps old leftovers.
   *
   * @param root the directory
   * @return the store, which the caller closes
   * @throws IOException if the directory cannot be created, read or written
   */
  public static DirectoryObjectStore open(Path root) throws IOException {
    try {
      DurableFiles.makeRoot(root.toAbsolutePath());
      DirectoryObjectStore store = new DirectoryObjectStore(root.toRealPath());
      store.prepare();
      return store;
    } catch (IOException e) {
      throw new IOException(
          "open failed: %s, needed a writable directory (root=%s)".formatted(e, root), e);
    }
  }

  private void prepare() throws IOException {
    for (String name : List.of("meta", "tmp", "lock")) {
      files.makeDirectory(root.resolve(".dosql").resolve(name));
    }
    Instant bound = Instant.now().minus(LEFTOVER_AGE_MIN);
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(tmp)) {
      for (Path leftover : leftovers) {
        sweep(leftover, bound);
      }
    }
  }

  private static void sweep(Path leftover, Instant bound) throws IOException {
    Optional<BasicFileAttributes> seen = attributes(leftover);
    if (seen.isPresent() && seen.get().lastModifiedTime().toInstant().isBefore(bound)) {
      Files.deleteIfExists(leftover);
    }
  }

  @Override
  public Optional<StoredObject> get(String key) throws IOException {
    return reading(key, object -> object.read(0, object.wholeLength()));
  }

  @Override
  public Optional<StoredObject> get(String key, long offset, int length) throws IOException {
    Keys.checkRange(ObjectStore.checkKey(key), offset, length);
    return reading(key, object -> object.read(offset, object.lengthFrom(offset, length)));
  }

  private interface Reading {
    StoredObject of(Content content) throws IOException;
  }

  private Optional<StoredObject> reading(String key, Reading reading) throws IOException {
    Path file = file(key);
    try {
      Optional<Content> found = content(key, file);
      if (found.isEmpty()) {
        return Optional.empty();
      }
      try (Content content = found.get()) {
        return Optional.of(reading.of(content));
      }
    } catch (RangeOutsideObjectException e) {
      throw e;
    } catch (IOException e) {
      throw failed("get", key, e);
    }
  }

  @Override
  public Optional<OpenObject> open(String key) throws IOException {
    Path file = file(key);
    try {
      Optional<Content> content = content(key, file);
      return content.isEmpty() ? Optional.empty() : Optional.of(content.get().stream());
    } catch (IOException e) {
      throw failed("open", key, e);
    }
  }

  @Override
  public String put(String key, byte[] bytes, PutOptions options) throws IOException {
    return put(key, options, () -> new ByteArrayInputStream(bytes));
  }

  @Override
  public String put(String key, Path content, PutOptions options) throws IOException {
    return put(key, options, () -> new FileInputStream(content.toFile()));
  }

  private interface Source {
    InputStream open() throws IOException;
  }

  private String put(String key, PutOptions options, Source source) throws IOException {
    Path file = file(key);
    try {
      check(options, key, current(key, file)); // early, to spare the loser of a race the writing
      try (InputStream content = source.open()) {
        Staged staged = DurableFiles.stage(tmp, content);
        try {
          return locks.locked(key, () -> publish(key, file, staged, options));
        } finally {
          Files.deleteIfExists(staged.path());
        }
      }
    } catch (PreconditionFailedException e) {
      throw e;
    } catch (IOException e) {
      throw failed("put", key, e);
    }
  }

  private String publish(String key, Path file, Staged staged, PutOptions options)
      throws IOException {
    Optional<Version> current = current(key, file);
    check(options, key, current);
    // Later than the present one even if the clock is not: the time tells the two apart.
    long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    long modified = current.map(v -> Math.max(now, v.modifiedMicros() + 1)).orElse(now);
    Version next = new Version(staged.size(), modified, staged.etag(), options.metadata());
    files.makeDirectory(file.getParent());
    describe(file, next, current);
    Files.setLastModifiedTime(staged.path(), FileTime.from(modified, TimeUnit.MICROSECONDS));
    DurableFiles.publish(staged, file);
    return staged.etag();
  }

  private void describe(Path file, Version next, Optional<Version> current) throws IOException {
    List<Version> versions = new ArrayList<>(List.of(next));
    current.ifPresent(versions::add);
    Path sidecar = sidecar(file);
    files.makeDirectory(sidecar.getParent());
    byte[] bytes = Sidecar.encode(versions);
    Staged staged = DurableFiles.stage(tmp, new ByteArrayInputStream(bytes));
    try {
      DurableFiles.publish(staged, sidecar);
    } finally {
      Files.deleteIfExists(staged.path());
    }
  }

  private static void check(PutOptions options, String key, Optional<Version> current)
      throws PreconditionFailedException {
    String seen = current.map(version -> "etag=" + version.etag()).orElse("no object");
    if (options.mustBeAbsent() && current.isPresent()) {
      throw preconditionFailed(key, seen, "no object");
    }
    String etag = options.mustMatch();
    if (etag != null && !current.map(Version::etag).equals(Optional.of(etag))) {
      throw preconditionFailed(key, seen, "etag=" + etag);
    }
  }

  private static PreconditionFailedException preconditionFailed(
      String key, String seen, String needed) {
    return new PreconditionFailedException(
        key, "put failed: %s, needed %s (key=%s)".formatted(seen, needed, key));
  }

  @Override
  public void delete(String key) throws IOException {
    Path file = file(key);
    try {
      checkNoLinks(file);
      if (attributes(file).isPresent() || attributes(sidecar(file)).isPresent()) {
        locks.locked(key, () -> deleteLocked(file));
      }
    } catch (IOException e) {
      throw failed("delete", key, e);
    }
  }

  private boolean deleteLocked(Path file) throws IOException {
    // In this order, because a sidecar alone is nothing, but an object without one is a stranger.
    DurableFiles.delete(file);
    DurableFiles.delete(sidecar(file));
    return true;
  }

  @Override
  public List<ListedObject> list(String prefix, String startAfter, int max) throws IOException {
    checkOpen();
    Keys.checkList(prefix, max);
    try {
      Listing listing = new Listing(prefix, startAfter, max);
      String key = prefix.substring(0, prefix.lastIndexOf('/') + 1);
      Path directory = directory(key);
      if (isReached(directory)) {
        listing.walk(directory, key);
      }
      return List.copyOf(listing.found);
    } catch (IOException e) {
      throw new IOException("list failed: %s (prefix=%s)".formatted(e, prefix), e);
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  /** Returns the URI that opens it. */
  @Override
  public String toString() {
    return root.toUri().toString();
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("store is closed, needed an open one (root=" + root + ")");
    }
  }

  private static IOException failed(String what, String key, IOException e) {
    return new IOException("%s failed: %s (key=%s)".formatted(what, e, key), e);
  }

  // Where things are.

  private Path file(String key) {
    checkOpen();
    ObjectStore.checkKey(key);
    int slash = key.lastIndexOf('/');
    Path directory = directory(key.substring(0, slash + 1));
    return directory.resolve(checkLength(FileNames.object(key.substring(slash + 1)), key));
  }

  private Path directory(String key) {
    Path directory = root;
    for (String segment : key.isEmpty() ? new String[0] : key.split("/")) {
      directory = directory.resolve(checkLength(FileNames.directory(segment), key));
    }
    return directory;
  }

  private static String checkLength(String name, String key) {
    if (name.length() > FileNames.NAME_LENGTH_MAX) {
      throw new IllegalArgumentException(
          "key refused: a segment needs %d characters as a file name, needed at most %d (key=%s)"
              .formatted(name.length(), FileNames.NAME_LENGTH_MAX, key));
    }
    return name;
  }

  private Path sidecar(Path file) {
    return meta.resolve(root.relativize(file));
  }

  private void checkNoLinks(Path file) throws IOException {
    Path path = root;
    for (Path name : root.relativize(file)) {
      path = path.resolve(name);
      Optional<BasicFileAttributes> seen = attributes(path);
      if (seen.isEmpty()) {
        return;
      }
      boolean fits = path.equals(file) ? seen.get().isRegularFile() : seen.get().isDirectory();
      if (!fits) {
        throw new IOException(
            "path is in use: %s, needed a plain file or directory (file=%s)"
                .formatted(seen.get().isSymbolicLink() ? "symbolic link" : "other kind", path));
      }
    }
  }

  /** Whether a directory is there, and no link on the way to it. */
  private boolean isReached(Path directory) throws IOException {
    Path path = root;
    for (Path name : root.relativize(directory)) {
      path = path.resolve(name);
      if (!attributes(path).map(BasicFileAttributes::isDirectory).orElse(false)) {
        return false;
      }
    }
    return true;
  }

  private static Optional<BasicFileAttributes> attributes(Path file) throws IOException {
    try {
      return Optional.of(
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static long modifiedMicros(BasicFileAttributes seen) {
    return seen.lastModifiedTime().to(TimeUnit.MICROSECONDS);
  }

  // Reading.

  private Optional<Version> current(String key, Path file) throws IOException {
    Optional<Content> found = content(key, file);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (Content content = found.get()) {
      return Optional.of(content.version);
    }
  }

  /**
   * Opens an object with the version that belongs to its bytes. Java cannot ask an open file what
   * it is; so the path is looked at before and after, and the same answer means that nothing
   * changed.
   */
  private Optional<Content> content(String key, Path file) throws IOException {
    checkNoLinks(file);
    IOException last = new IOException("replaced during each attempt");
    for (int attempt = 0; attempt < READ_ATTEMPTS_MAX; attempt++) {
      Optional<BasicFileAttributes> before = attributes(file);
      if (before.isEmpty()) {
        return Optional.empty();
      }
      try {
        Optional<Content> content = tryContent(key, file, before.get());
        if (content.isPresent()) {
          return content;
        }
      } catch (FileNotFoundException e) {
        last = e; // deleted since, or not readable: the next look tells
      }
    }
    throw new IOException(
        "read failed: no consistent view in %d attempts (key=%s)".formatted(READ_ATTEMPTS_MAX, key),
        last);
  }

  /** Returns empty if the object was replaced meanwhile. */
  private Optional<Content> tryContent(String key, Path file, BasicFileAttributes before)
      throws IOException {
    RandomAccessFile open = new RandomAccessFile(file.toFile(), "r");
    try {
      Path sidecar = sidecar(file);
      List<Version> versions =
          attributes(sidecar).isPresent() ? Sidecar.read(sidecar) : List.<Version>of();
      Optional<BasicFileAttributes> after = attributes(file);
      if (after.isPresent() && isSame(before, after.get())) {
        return Optional.of(new Content(key, open, version(open, before, versions)));
      }
    } catch (IOException | RuntimeException | Error e) {
      open.close();
      throw e;
    }
    open.close();
    return Optional.empty();
  }

  private static boolean isSame(BasicFileAttributes before, BasicFileAttributes after) {
    return Objects.equals(before.fileKey(), after.fileKey())
        && before.size() == after.size()
        && before.lastModifiedTime().equals(after.lastModifiedTime());
  }

  private static Version version(
      RandomAccessFile open, BasicFileAttributes seen, List<Version> versions) throws IOException {
    long modified = modifiedMicros(seen);
    for (Version version : versions) {
      if (version.isOf(seen.size(), modified)) {
        return version;
      }
    }
    @SuppressWarnings("resource") // it shares the file, which stays open
    String etag = DurableFiles.etagOf(new FileInputStream(open.getFD()));
    open.seek(0);
    Map<String, String> metadata =
        versions.stream()
            .filter(version -> version.etag().equals(etag))
            .findFirst()
            .map(Version::metadata)
            .orElse(Map.of());
    return new Version(seen.size(), modified, etag, metadata);
  }

  /** An open object; plain file calls only, so that an interrupt does not close it. */
  private static final class Content implements Closeable {
    private final ObjectInfo info;
    private final RandomAccessFile open;
    private final Version version;

    Content(String key, RandomAccessFile open, Version version) {
      this.open = open;
      this.version = version;
      Instant modified = Instant.EPOCH.plus(version.modifiedMicros(), ChronoUnit.MICROS);
      info = new ObjectInfo(key, version.size(), version.etag(), version.metadata(), modified);
    }

    int wholeLength() throws IOException {
      if (info.size() > ARRAY_LENGTH_MAX) {
        throw new IOException(
            "size=%d, needed at most %d to be held in memory; open it as a stream"
                .formatted(info.size(), ARRAY_LENGTH_MAX));
      }
      return (int) info.size();
    }

    int lengthFrom(long offset, int length) throws RangeOutsideObjectException {
      if (offset >= info.size()) {
        throw new RangeOutsideObjectException(info.key(), offset, info.size());
      }
      return (int) Math.min(length, info.size() - offset);
    }

    StoredObject read(long offset, int length) throws IOException {
      byte[] bytes = new byte[length];
      open.seek(offset);
      open.readFully(bytes);
      return new StoredObject(info, bytes);
    }

    OpenObject stream() throws IOException {
      return new OpenObject(info, new FileInputStream(open.getFD()));
    }

    @Override
    public void close() throws IOException {
      open.close();
    }
  }

  // Listing.

  /** One page in the making: walks directories in key order until the page is full. */
  private static final class Listing {
    private final List<ListedObject> found = new ArrayList<>();
    private final String prefix;
    private final String startAfter;
    private final int max;

    Listing(String prefix, String startAfter, int max) {
      this.prefix = prefix;
      this.startAfter = startAfter;
      this.max = max;
    }

    /** A name in a directory, with the key of the object or, with a slash, of the directory. */
    private record Child(String key, Path path) {}

    void walk(Path directory, String key) throws IOException {
      Optional<BasicFileAttributes> seen = attributes(directory);
      if (seen.isEmpty() || !seen.get().isDirectory()) {
        return;
      }
      for (Child child : children(directory, key)) {
        if (found.size() == max) {
          return;
        }
        visit(child);
      }
    }

    private void visit(Child child) throws IOException {
      if (child.key().endsWith("/")) {
        walk(child.path(), child.key());
        return;
      }
      Optional<BasicFileAttributes> seen = attributes(child.path());
      if (seen.isPresent() && seen.get().isRegularFile()) {
        found.add(new ListedObject(child.key(), seen.get().size()));
      }
    }

    /** With its slash a directory sorts where the keys below it do: "a-b", "a/b", "ab". */
    private List<Child> children(Path directory, String key) throws IOException {
      List<Child> children = new ArrayList<>();
      try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory)) {
        for (Path path : paths) {
          FileNames.decode(path.getFileName().toString())
              .map(name -> new Child(key + name.segment() + (name.isObject() ? "" : "/"), path))
              .filter(this::isWanted)
              .ifPresent(children::add);
        }
      } catch (NoSuchFileException | NotDirectoryException e) {
        return List.of();
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
      children.sort((left, right) -> Keys.compare(left.key(), right.key()));
      return children;
    }

    private boolean isWanted(Child child) {
      boolean after = Keys.compare(child.key(), startAfter) > 0;
      return child.key().endsWith("/")
          ? (child.key().startsWith(prefix) || prefix.startsWith(child.key()))
              && (after || startAfter.startsWith(child.key()))
          : child.key().startsWith(prefix) && after;
    }
  }
}
