package dev.dosql.testing;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.CompletionHandler;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The real file system, watched for what is forced: at each force of a file its bytes are noted
 * before the real force begins, at each force of a directory its names. What was noted when the
 * force has returned is what a power cut leaves at the least; nothing else is promised by the
 * operating system. Paths of it are given to the library, which then does all of its own file
 * operations through it; what SQLite writes and forces by itself is not seen.
 *
 * <p>Safe for use by many threads.
 */
public final class ForcedFiles {
  /** What happens when the library forces. */
  public enum Forcing {
    /** What must: the bytes are on the disk when the force returns. */
    REAL,
    /** The disk lies. */
    NOTHING,
    /** Files are forced, directories are not. */
    FILES_ONLY
  }

  private final Path root;
  private final Forcing forcing;
  private final Watched fileSystem;
  private final List<Durable> history = new ArrayList<>();
  private volatile @Nullable Disk disk;

  /** Watches a directory; what is in it now is on the disk. */
  public ForcedFiles(Path root, Forcing forcing) throws IOException {
    this.root = root;
    this.forcing = forcing;
    this.fileSystem = new Watched(root.getFileSystem());
    Map<Object, byte[]> contents = new HashMap<>();
    Map<Path, Map<String, Object>> names = new HashMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path each : (Iterable<Path>) all::iterator) {
        if (Files.isDirectory(each)) {
          names.put(each, list(each));
        } else {
          contents.put(key(each), Files.readAllBytes(each));
        }
      }
    }
    history.add(new Durable(names, contents));
  }

  /** The directory, to be given to the library. */
  public Path path() {
    return fileSystem.wrap(root);
  }

  /** Also notes from now on what is on its way; for files that one thread works with. */
  public Disk watch() throws IOException {
    Disk watching = new Disk(root);
    disk = watching;
    return watching;
  }

  private <T extends @Nullable Object> T around(Disk.Operation<T> operation) throws IOException {
    Disk watching = disk;
    return watching == null ? operation.run() : watching.around(operation);
  }

  /** The number of the last state that is known to be on the disk. */
  public synchronized int state() {
    return history.size() - 1;
  }

  /** A state. */
  public synchronized Durable state(int number) {
    return history.get(number);
  }

  private void force(Path file, IOAction real) throws IOException {
    if (!file.startsWith(root)) {
      real.run();
      return;
    }
    boolean directory = Files.isDirectory(file);
    Map<String, Object> names = directory ? list(file) : Map.of();
    Object key = directory ? file : key(file);
    byte[] bytes = directory ? new byte[0] : Files.readAllBytes(file);
    Disk watching = disk;
    if (watching != null) {
      watching.look();
    }
    real.run();
    pause(); // So that whoever is answered before the force is, is seen to be.
    if (forcing == Forcing.NOTHING || directory && forcing == Forcing.FILES_ONLY) {
      return;
    }
    if (watching != null) {
      watching.forced(file);
    }
    synchronized (this) {
      Durable last = history.get(history.size() - 1);
      Map<Path, Map<String, Object>> allNames = new HashMap<>(last.names);
      Map<Object, byte[]> contents = new HashMap<>(last.contents);
      if (directory) {
        allNames.put(file, names);
      } else {
        contents.put(key, bytes);
      }
      history.add(new Durable(allNames, contents));
    }
  }

  private static void pause() {
    try {
      Thread.sleep(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  private static Map<String, Object> list(Path directory) throws IOException {
    Map<String, Object> names = new HashMap<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
      for (Path each : all) {
        try {
          Object entry = Files.isDirectory(each) ? Directory.ENTRY : key(each);
          names.put(each.getFileName().toString(), entry);
        } catch (NoSuchFileException e) {
          // It went meanwhile.
        }
      }
    }
    return names;
  }

  private enum Directory {
    ENTRY
  }

  /** What is on the disk for certain: the names of directories, and what they lead to. */
  public final class Durable {
    private final Map<Path, Map<String, Object>> names;
    private final Map<Object, byte[]> contents;

    private Durable(Map<Path, Map<String, Object>> names, Map<Object, byte[]> contents) {
      this.names = names;
      this.contents = contents;
    }

    /** The bytes of a file; empty if it has its name but not its bytes, null if it is not there. */
    public byte @Nullable [] bytes(String name) {
      Object key = names.getOrDefault(root, Map.of()).get(name);
      return key == null ? null : contents.getOrDefault(key, new byte[0]);
    }

    /** Makes a directory of what a power cut leaves at the least. */
    public void writeTo(Path target) throws IOException {
      write(root, target);
    }

    private void write(Path from, Path target) throws IOException {
      Files.createDirectories(target);
      for (Map.Entry<String, Object> each : names.getOrDefault(from, Map.of()).entrySet()) {
        Path to = target.resolve(each.getKey());
        if (each.getValue() == Directory.ENTRY) {
          write(from.resolve(each.getKey()), to);
        } else {
          Files.write(to, contents.getOrDefault(each.getValue(), new byte[0]));
        }
      }
    }
  }

  @FunctionalInterface
  private interface IOAction {
    void run() throws IOException;
  }

  // ---- the file system: the real one, but that channels tell when they are forced

  private final class Watched extends FileSystem {
    private final FileSystem real;
    private final WatchedProvider provider;

    Watched(FileSystem real) {
      this.real = real;
      this.provider = new WatchedProvider(this, real.provider());
    }

    Path wrap(Path path) {
      return (Path)
          Proxy.newProxyInstance(
              ForcedFiles.class.getClassLoader(),
              new Class<?>[] {Path.class, RealPath.class},
              (proxy, method, arguments) -> call(path, method, arguments));
    }

    private @Nullable Object call(Path path, Method method, Object @Nullable [] arguments)
        throws Throwable {
      if (method.getName().equals("realPath")) {
        return path;
      }
      if (method.getName().equals("getFileSystem")) {
        return this;
      }
      Object[] plain = arguments == null ? new Object[0] : arguments.clone();
      for (int i = 0; i < plain.length; i++) {
        plain[i] = plain[i] instanceof RealPath wrapped ? wrapped.realPath() : plain[i];
      }
      try {
        Object result = method.invoke(path, plain);
        return result instanceof Path found ? wrap(found) : result;
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }

    @Override
    public FileSystemProvider provider() {
      return provider;
    }

    @Override
    public void close() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public boolean isReadOnly() {
      return real.isReadOnly();
    }

    @Override
    public String getSeparator() {
      return real.getSeparator();
    }

    @Override
    public Iterable<Path> getRootDirectories() {
      return real.getRootDirectories();
    }

    @Override
    public Iterable<FileStore> getFileStores() {
      return real.getFileStores();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
      return real.supportedFileAttributeViews();
    }

    @Override
    public Path getPath(String first, String... more) {
      return wrap(real.getPath(first, more));
    }

    @Override
    public PathMatcher getPathMatcher(String pattern) {
      PathMatcher matcher = real.getPathMatcher(pattern);
      return path -> matcher.matches(real(path));
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
      return real.getUserPrincipalLookupService();
    }

    @Override
    public WatchService newWatchService() throws IOException {
      return real.newWatchService();
    }
  }

  /** A path of ours, and what it stands for. */
  public interface RealPath {
    /** The path in the real file system. */
    Path realPath();
  }

  private static Path real(Path path) {
    return path instanceof RealPath wrapped ? wrapped.realPath() : path;
  }

  private final class WatchedProvider extends FileSystemProvider {
    private final Watched fileSystem;
    private final FileSystemProvider provider;

    WatchedProvider(Watched fileSystem, FileSystemProvider provider) {
      this.fileSystem = fileSystem;
      this.provider = provider;
    }

    @Override
    public AsynchronousFileChannel newAsynchronousFileChannel(
        Path path,
        Set<? extends OpenOption> options,
        @Nullable ExecutorService executor,
        FileAttribute<?>... attributes)
        throws IOException {
      return new WatchedChannel(
          real(path),
          provider.newAsynchronousFileChannel(real(path), options, executor, attributes));
    }

    @Override
    public FileChannel newFileChannel(
        Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
        throws IOException {
      return around(() -> provider.newFileChannel(real(path), options, attributes));
    }

    @Override
    public SeekableByteChannel newByteChannel(
        Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
        throws IOException {
      return around(() -> provider.newByteChannel(real(path), options, attributes));
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(
        Path directory, DirectoryStream.Filter<? super Path> filter) throws IOException {
      DirectoryStream<Path> all =
          provider.newDirectoryStream(
              real(directory), path -> filter.accept(fileSystem.wrap(path)));
      return new DirectoryStream<>() {
        @Override
        public Iterator<Path> iterator() {
          List<Path> wrapped = new ArrayList<>();
          all.forEach(path -> wrapped.add(fileSystem.wrap(path)));
          return wrapped.iterator();
        }

        @Override
        public void close() throws IOException {
          all.close();
        }
      };
    }

    @Override
    public void createDirectory(Path directory, FileAttribute<?>... attributes) throws IOException {
      around(
          () -> {
            provider.createDirectory(real(directory), attributes);
            return null;
          });
    }

    @Override
    public void delete(Path path) throws IOException {
      around(
          () -> {
            provider.delete(real(path));
            return null;
          });
    }

    @Override
    public void createLink(Path link, Path existing) throws IOException {
      around(
          () -> {
            provider.createLink(real(link), real(existing));
            return null;
          });
    }

    @Override
    public void copy(Path source, Path target, CopyOption... options) throws IOException {
      around(
          () -> {
            provider.copy(real(source), real(target), options);
            return null;
          });
    }

    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
      around(
          () -> {
            provider.move(real(source), real(target), options);
            return null;
          });
    }

    @Override
    public boolean isSameFile(Path path, Path other) throws IOException {
      return provider.isSameFile(real(path), real(other));
    }

    @Override
    public boolean isHidden(Path path) throws IOException {
      return provider.isHidden(real(path));
    }

    @Override
    public FileStore getFileStore(Path path) throws IOException {
      return provider.getFileStore(real(path));
    }

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
      provider.checkAccess(real(path), modes);
    }

    @Override
    public <V extends FileAttributeView> V getFileAttributeView(
        Path path, Class<V> type, LinkOption... options) {
      return provider.getFileAttributeView(real(path), type, options);
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(
        Path path, Class<A> type, LinkOption... options) throws IOException {
      return provider.readAttributes(real(path), type, options);
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String names, LinkOption... options)
        throws IOException {
      return provider.readAttributes(real(path), names, options);
    }

    @Override
    public void setAttribute(Path path, String name, Object value, LinkOption... options)
        throws IOException {
      provider.setAttribute(real(path), name, value, options);
    }

    @Override
    public String getScheme() {
      return "watched";
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> settings) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Path getPath(URI uri) {
      throw new UnsupportedOperationException();
    }
  }

  private final class WatchedChannel extends AsynchronousFileChannel {
    private final Path file;
    private final AsynchronousFileChannel channel;

    WatchedChannel(Path file, AsynchronousFileChannel channel) {
      this.file = file;
      this.channel = channel;
    }

    @Override
    public void force(boolean metaData) throws IOException {
      ForcedFiles.this.force(file, () -> channel.force(metaData));
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public AsynchronousFileChannel truncate(long size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <A> void lock(
        long position,
        long size,
        boolean shared,
        A attachment,
        CompletionHandler<FileLock, ? super A> handler) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<FileLock> lock(long position, long size, boolean shared) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <A> void read(
        ByteBuffer bytes, long at, A attachment, CompletionHandler<Integer, ? super A> handler) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Integer> read(ByteBuffer bytes, long at) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <A> void write(
        ByteBuffer bytes, long at, A attachment, CompletionHandler<Integer, ? super A> handler) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Integer> write(ByteBuffer bytes, long at) {
      throw new UnsupportedOperationException();
    }
  }
}
