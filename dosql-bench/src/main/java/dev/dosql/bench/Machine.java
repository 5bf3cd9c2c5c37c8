package dev.dosql.bench;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.stream.Stream;

/** What the figures were measured on. */
final class Machine {
  private Machine() {}

  /** A line for each thing worth knowing. */
  static List<String> describe(Path folder) throws IOException {
    FileStore store = Files.getFileStore(folder);
    return List.of(
        "date: " + LocalDate.now(),
        "processor: " + model() + ", " + Runtime.getRuntime().availableProcessors() + " cores",
        "Java: " + System.getProperty("java.vm.name") + " " + Runtime.version(),
        "system: " + System.getProperty("os.name") + " " + System.getProperty("os.version"),
        "disk: " + store.type() + ", virtual");
  }

  private static String model() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.exists(info)) {
      return System.getProperty("os.arch");
    }
    try (Stream<String> lines = Files.lines(info)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 2))
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    }
  }
}
