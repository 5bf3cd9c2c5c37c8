package dev.dosql.storage.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Another JVM: with its own locks, and an end that can come at any moment. */
final class ForeignProcess {

  /** How it ends where a test says so. */
  static final int HALTED = 99;

  private ForeignProcess() {}

  /** Takes a database and SQL to run on it, each as a statement of its own. */
  public static void main(String[] args) throws Exception {
    try (LiveDatabase database = LiveDatabase.open(Path.of(args[0]), 4096)) {
      for (int i = 1; i < args.length; i++) {
        database.run(args[i]);
      }
    }
  }

  /** Runs SQL on a database in another process, and closes it there. */
  static void runs(Path database, String... sql) throws Exception {
    List<String> args = new ArrayList<>(List.of(database.toString()));
    args.addAll(List.of(sql));
    Ended ended = run(ForeignProcess.class, args);
    assertThat(ended.code()).as(ended.output()).isZero();
  }

  record Ended(int code, String output) {}

  /** Runs the main method of a class of the tests. */
  static Ended run(Class<?> type, List<String> args) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", classes()));
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED"); // Or the JVM prints that it misses it.
    }
    command.add("-Dslf4j.internal.verbosity=ERROR"); // Or what it prints begins with a warning.
    command.add(type.getName());
    command.addAll(args);
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (InputStream in = child.getInputStream()) {
      String output = new String(in.readAllBytes(), UTF_8);
      assertThat(child.waitFor(60, TimeUnit.SECONDS)).as(output).isTrue();
      return new Ended(child.exitValue(), output);
    } finally {
      child.destroyForcibly();
    }
  }

  /** Where the classes of the child are, however this test was started. */
  private static String classes() throws Exception {
    return String.join(
        File.pathSeparator,
        home(LocalLog.class),
        home(ForeignProcess.class),
        System.getProperty("java.class.path"));
  }

  private static String home(Class<?> type) throws URISyntaxException {
    URL file = type.getResource(type.getSimpleName() + ".class");
    Path path = Path.of(file.toURI());
    for (int names = type.getName().split("\\.").length; names > 0; names--) {
      path = path.getParent();
    }
    return path.toString();
  }
}
