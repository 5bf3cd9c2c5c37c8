package dev.dosql.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Another JVM with this one's classes, spoken to line by line. It is ended when this is closed, or
 * killed as {@code SIGKILL} does.
 */
public final class ChildJvm implements AutoCloseable {
  private static final long TIMEOUT_SECONDS = 60;
  private static final int LINES_MAX = 100_000;
  private static final String END = "\0end";

  private final Process process;
  private final PrintStream input;
  private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(LINES_MAX);

  private ChildJvm(Process process) {
    this.process = process;
    this.input = new PrintStream(process.getOutputStream(), true, UTF_8);
    Thread reader = new Thread(this::readLines, "child-output");
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts a class's main method. */
  public static ChildJvm start(Class<?> main, Object... arguments) throws IOException {
    return start(List.of(), classPath(), main, arguments);
  }

  /**
   * Starts a class's main method by another command, that of {@code nice}, say.
   *
   * @param wrapper what stands before the JVM's own command
   * @param classPath where the classes are
   */
  public static ChildJvm start(
      List<String> wrapper, String classPath, Class<?> main, Object... arguments)
      throws IOException {
    return start(wrapper, List.of(), classPath, main, arguments);
  }

  /** Starts a class's main method with a directory for temporary files. */
  public static ChildJvm startIn(Path temporary, Class<?> main, Object... arguments)
      throws IOException {
    List<String> options = List.of("-Djava.io.tmpdir=" + temporary);
    return start(List.of(), options, classPath(), main, arguments);
  }

  private static ChildJvm start(
      List<String> wrapper,
      List<String> options,
      String classPath,
      Class<?> main,
      Object... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(wrapper);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classPath));
    command.addAll(options);
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED"); // Or the JVM prints that it misses it.
    }
    command.add(main.getName());
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C.UTF-8");
    return new ChildJvm(builder.start());
  }

  /** This JVM's classes, from both of its paths. */
  public static String classPath() {
    String modules = System.getProperty("jdk.module.path", "");
    return System.getProperty("java.class.path") + File.pathSeparator + modules;
  }

  private void readLines() {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      // It was killed.
    }
    lines.add(END);
  }

  /** The next line that it prints. */
  public String line() throws InterruptedException {
    String line = lines.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    if (line == null || line.equals(END)) {
      throw new AssertionError("child JVM printed nothing: " + (line == null ? "slow" : "ended"));
    }
    return line;
  }

  /** The next line that it prints, or empty if it has ended. */
  public Optional<String> next() throws InterruptedException {
    String line = lines.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    if (line == null) {
      throw new AssertionError("child JVM printed nothing, and goes on");
    }
    return line.equals(END) ? Optional.empty() : Optional.of(line);
  }

  /** Every line until it ends by itself or was killed. */
  public List<String> rest() throws InterruptedException {
    List<String> rest = new ArrayList<>();
    while (true) {
      String line = lines.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      if (line == null) {
        throw new AssertionError("child JVM does not end; so far: " + rest);
      }
      if (line.equals(END)) {
        return rest;
      }
      rest.add(line);
    }
  }

  /** Says a line to it and waits for its answer. */
  public String ask(String line) throws InterruptedException {
    input.println(line);
    return line();
  }

  /** Its process id. */
  public long pid() {
    return process.pid();
  }

  /** Ends it at once, with nothing of its own run; what it printed before can still be read. */
  public void kill() throws InterruptedException {
    process.toHandle().destroyForcibly(); // The process's own method would close the pipe as well.
    if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("child JVM does not die");
    }
  }

  /** Ends its input, at which it ends; kills it if it does not. */
  @Override
  public void close() {
    input.close();
    try {
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        kill();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
