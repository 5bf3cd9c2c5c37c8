package dev.dosql.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What the figures were measured on. */
public final class Machine {
  private static final int FORCES = 200;

  private Machine() {}

  /** A line for each thing worth knowing. */
  public static List<String> describe(Path folder) throws IOException {
    FileStore store = Files.getFileStore(folder);
    return List.of(
        "date: " + LocalDate.now(),
        "processor: " + model() + ", " + Runtime.getRuntime().availableProcessors() + " cores",
        "Java: " + System.getProperty("java.vm.name") + " " + Runtime.version(),
        "system: " + System.getProperty("os.name") + " " + System.getProperty("os.version"),
        "disk: " + store.type() + "; to write 4 KiB and force them takes " + force(folder) + " µs");
  }

  /** The median of some forces, which is what a durable commit waits for. */
  private static long force(Path folder) throws IOException {
    long[] nanos = new long[FORCES];
    try (FileChannel file =
        FileChannel.open(
            folder.resolve("forced"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 0; i < FORCES; i++) {
        long began = System.nanoTime();
        file.write(ByteBuffer.allocate(4_096));
        file.force(false);
        nanos[i] = System.nanoTime() - began;
      }
    }
    Arrays.sort(nanos);
    return nanos[FORCES / 2] / 1_000;
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
