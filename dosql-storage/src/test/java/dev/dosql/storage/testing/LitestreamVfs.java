package dev.dosql.storage.testing;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Litestream's own reader, as the SQLite extension of the npm package {@code litestream-vfs}: what
 * it restores from our files is what others see in them.
 */
public final class LitestreamVfs {

  /** The variable that says where the library is. */
  public static final String LIBRARY = "LITESTREAM_VFS_LIBRARY";

  /** Why there is none, for a test that cannot run. */
  public static final String WHY_NOT =
      LIBRARY
          + " must be the path of litestream-vfs.so, from `npm install litestream-vfs`; and a"
          + " python3 whose sqlite3 may load extensions, as Debian's may, must be on the PATH";

  private static final String SCRIPT = "litestream_vfs.py";
  private static final String CHECK = "import sqlite3; sqlite3.Connection.enable_load_extension";
  private static final int SECONDS = 60;

  private final Path library;
  private final Path python;

  private LitestreamVfs(Path library, Path python) {
    this.library = library;
    this.python = python;
  }

  /** The library and a Python to run it in; empty if one of them is missing. */
  public static Optional<LitestreamVfs> find() {
    return Optional.ofNullable(System.getenv(LIBRARY))
        .map(Path::of)
        .filter(Files::isReadable)
        .flatMap(library -> python().map(python -> new LitestreamVfs(library, python)));
  }

  private static Optional<Path> python() {
    return Programs.onThePath("python3").stream().filter(LitestreamVfs::mayLoad).findFirst();
  }

  private static boolean mayLoad(Path python) {
    try {
      Programs.run(List.of(python.toString(), "-c", CHECK), Map.of());
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** {@link #restore(String, Path, Map)} with nothing more in the environment. */
  public void restore(String url, Path target) throws IOException {
    restore(url, target, Map.of());
  }

  /**
   * Restores a replica to a file that does not exist yet.
   *
   * @param url {@code file:///directory} that holds {@code ltx/<level>/…}, or {@code
   *     s3://bucket/path?endpoint=http://127.0.0.1:9000}
   * @param target the database
   * @param environment variables beside ours, such as the credentials of a bucket
   * @throws IOException if it cannot be restored, with what was printed
   */
  public void restore(String url, Path target, Map<String, String> environment) throws IOException {
    Path script = Files.createTempFile("litestream", ".py");
    try (InputStream in = LitestreamVfs.class.getResourceAsStream(SCRIPT)) {
      if (in == null) {
        throw new FileNotFoundException(SCRIPT);
      }
      Files.write(script, in.readAllBytes());
      Map<String, String> variables = new HashMap<>(environment);
      variables.put("LITESTREAM_REPLICA_URL", url);
      variables.put("LITESTREAM_HYDRATION_ENABLED", "true");
      variables.put("LITESTREAM_HYDRATION_PATH", target.toString());
      variables.putIfAbsent("LITESTREAM_LOG_LEVEL", "ERROR");
      Programs.run(
          List.of(python.toString(), script.toString(), library.toString(), "" + SECONDS),
          variables);
    } finally {
      Files.delete(script);
    }
  }
}
