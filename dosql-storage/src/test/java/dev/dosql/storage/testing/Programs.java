package dev.dosql.storage.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs programs that are not ours. */
final class Programs {

  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  private Programs() {}

  /** Every program of that name on the PATH, in its order. */
  static List<Path> onThePath(String name) {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.of(path.split(File.pathSeparator))
        .map(directory -> Path.of(directory, name))
        .filter(program -> Files.isExecutable(program) && !Files.isDirectory(program))
        .toList();
  }

  /** Returns what a program has printed; {@link IOException} with all of it if it fails. */
  static String run(List<String> command, Map<String, String> environment) throws IOException {
    Path output = Files.createTempFile("program", ".log");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.redirectOutput(output.toFile()).environment().putAll(environment);
      int exit = await(builder.start());
      String printed = Files.readString(output, StandardCharsets.UTF_8);
      if (exit != 0) {
        throw new IOException("exit=%d of %s: %s".formatted(exit, command, printed));
      }
      return printed;
    } finally {
      Files.delete(output);
    }
  }

  private static int await(Process process) throws IOException {
    try {
      if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException("no end after " + TIMEOUT);
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new UncheckedIOException(new IOException("interrupted", e));
    } finally {
      process.destroyForcibly();
    }
  }
}
