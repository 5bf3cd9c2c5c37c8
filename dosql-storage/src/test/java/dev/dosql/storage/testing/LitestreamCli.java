package dev.dosql.storage.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Litestream's command-line program. */
public final class LitestreamCli {

  /** Why there is none, for a test that cannot run. */
  public static final String WHY_NOT =
      "litestream must be on the PATH; `go install github.com/benbjohnson/litestream/cmd/litestream`"
          + " builds it";

  private final String program;

  private LitestreamCli(Path program) {
    this.program = program.toString();
  }

  /** The program on the PATH; empty if there is none. */
  public static Optional<LitestreamCli> find() {
    return Programs.onThePath("litestream").stream().findFirst().map(LitestreamCli::new);
  }

  /** Which version it is. */
  public String version() throws IOException {
    return run("version").strip();
  }

  /**
   * Runs a command of it, with nothing in the environment.
   *
   * @return what it has printed
   * @throws IOException if it fails, with what it has printed
   */
  public String run(String... arguments) throws IOException {
    return run(Map.of(), arguments);
  }

  /** Runs a command of it with variables such as the credentials of a bucket. */
  public String run(Map<String, String> environment, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of(arguments));
    return Programs.run(command, environment);
  }

  /** Restores the newest state, checked by SQLite, to a file that does not exist yet. */
  public void restore(String url, Path target) throws IOException {
    run("restore", "-integrity-check", "full", "-o", target.toString(), url);
  }

  /** Restores the state as of a transaction to a file that does not exist yet. */
  public void restore(String url, Path target, long txid) throws IOException {
    run("restore", "-txid", "%016x".formatted(txid), "-o", target.toString(), url);
  }

  /** What it lists of the files at all levels. */
  public String list(String url) throws IOException {
    return run("ltx", "-level", "all", "-json", url);
  }
}
