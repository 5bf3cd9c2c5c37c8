package dev.dosql.testing;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs of the operating system that tests need. */
public final class Commands {
  private Commands() {}

  /** Runs one to its end; what it says, which is nothing when it succeeds quietly. */
  public static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), Charset.defaultCharset());
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("does not end: " + String.join(" ", command));
    }
    boolean quietFailure = process.exitValue() != 0 && said.isEmpty();
    return quietFailure ? "exit=" + process.exitValue() : said.strip();
  }

  /** Whether all of these programs are there. */
  public static boolean exist(String... programs) {
    String path = String.valueOf(System.getenv("PATH"));
    return Stream.of(programs)
        .allMatch(
            program ->
                Stream.of(path.split(":"))
                    .anyMatch(each -> Files.isExecutable(Path.of(each, program))));
  }

  /** Whether this process is one that permissions do not hold back. */
  public static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }
}
