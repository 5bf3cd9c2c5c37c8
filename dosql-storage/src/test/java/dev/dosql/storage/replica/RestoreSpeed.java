package dev.dosql.storage.replica;

import dev.dosql.storage.DirectoryObjectStore;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.capture.Segment;
import dev.dosql.storage.testing.SampleDatabases;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * How fast a large tenant is restored from a directory, against copying the file and forcing it: a
 * program for people, not a test. Its argument is a database file; without one it makes one of some
 * 200 MB. Both ways take turns, so that a busy machine is as busy for both.
 */
final class RestoreSpeed {

  private static final int ROUNDS = 9;
  private static final int WARM_UP = 4;

  private RestoreSpeed() {}

  public static void main(String[] args) throws Exception {
    Path directory = Files.createTempDirectory("restore-speed");
    Path database = args.length > 0 ? Path.of(args[0]) : sample(directory);
    Path target = directory.resolve("target.db");
    try (ObjectStore store = DirectoryObjectStore.open(directory.resolve("store"))) {
      Replica replica = new Replica(store, "tenants/large", "large");
      Head head = fill(replica, directory, database);
      double[] copies = new double[ROUNDS];
      double[] restores = new double[ROUNDS];
      double[] cpu = new double[ROUNDS];
      for (int i = -WARM_UP; i < ROUNDS; i++) {
        double copy = seconds(() -> copy(database, target));
        double cpuStart = cpuSeconds();
        double restore = seconds(() -> replica.restore(head, target, RestoreProgress.NONE));
        if (i >= 0) {
          copies[i] = copy;
          cpu[i] = cpuSeconds() - cpuStart;
          restores[i] = restore;
        }
      }
      if (Files.mismatch(database, target) >= 0) {
        throw new AssertionError("the restored file is another one");
      }
      report(database, copies, restores);
      print("restore MB/cpu s", cpu, Files.size(database) / 1e6);
    }
  }

  private static Path sample(Path directory) throws Exception {
    Path file = directory.resolve("sample.db");
    SampleDatabases.create(file, 4096, 670_000, 1);
    return file;
  }

  private static Head fill(Replica replica, Path directory, Path database) throws IOException {
    History history = new History(directory.resolve("segments"), "00112233445566aa", 4096);
    Segment segment = history.commit(Files.readAllBytes(database), true);
    Head head = replica.create("a", "00112233445566aa");
    replica.put(segment, head);
    head = replica.putSnapshot(head, history.position(), history.snapshot(1));
    System.out.printf(
        "database=%d snapshot=%d%n", Files.size(database), head.snapshots().get(0).length());
    return head;
  }

  private interface Work {
    Object run() throws IOException;
  }

  private static double seconds(Work work) throws IOException {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }

  /** Of the whole process, all threads: what a busy machine does not change. */
  private static double cpuSeconds() {
    return ProcessHandle.current()
            .info()
            .totalCpuDuration()
            .orElseThrow() // from the operating system, in steps of 10 ms
            .toNanos()
        / 1e9;
  }

  private static Object copy(Path from, Path to) throws IOException {
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel channel = FileChannel.open(to, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    return to;
  }

  private static void report(Path database, double[] copies, double[] restores) throws IOException {
    double[] ratios = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      ratios[i] = copies[i] / restores[i];
    }
    double megabytes = Files.size(database) / 1e6;
    print("copy MB/s", copies, megabytes);
    print("restore MB/s", restores, megabytes);
    Arrays.sort(ratios);
    System.out.printf(
        "restore/copy     median %5.2f, best %5.2f, worst %5.2f%n",
        ratios[ROUNDS / 2], ratios[ROUNDS - 1], ratios[0]);
  }

  private static void print(String what, double[] seconds, double megabytes) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    System.out.printf(
        "%-16s median %5.0f, best %5.0f, worst %5.0f%n",
        what,
        megabytes / sorted[ROUNDS / 2],
        megabytes / sorted[0],
        megabytes / sorted[ROUNDS - 1]);
  }
}
