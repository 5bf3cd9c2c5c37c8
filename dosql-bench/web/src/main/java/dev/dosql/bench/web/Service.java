package dev.dosql.bench.web;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * A contestant that runs, as a process of its own. It is held while others are measured; closing it
 * kills it, so that what is found afterwards is what it had written.
 */
final class Service implements AutoCloseable {
  private static final Duration START_MAX = Duration.ofSeconds(60);

  private final Contestant contestant;
  private final Path folder;
  private final int port;
  private final Process process;

  private Service(Contestant contestant, Path folder, int port, Process process) {
    this.contestant = contestant;
    this.folder = folder;
    this.port = port;
    this.process = process;
  }

  /**
   * Starts it, and waits until it listens.
   *
   * @param data where it gets a folder for its tenants, and its output a file
   */
  static Service start(Contestant contestant, Path peers, Path data) throws Exception {
    String name = contestant.name().toLowerCase(Locale.ROOT);
    Path folder = Files.createDirectories(data.resolve(name));
    int port = freePort();
    List<String> command = contestant.command(peers, port, folder);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(data.resolve(name + ".log").toFile())
            .start();
    Service service = new Service(contestant, folder, port, process);
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "end " + name));
    try {
      service.awaitListening();
    } catch (Exception e) {
      service.close();
      throw e;
    }
    return service;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitListening() throws Exception {
    long began = System.nanoTime();
    while (!listens()) {
      if (!process.isAlive() || System.nanoTime() - began > START_MAX.toNanos()) {
        throw new IllegalStateException("it does not listen: contestant=" + contestant);
      }
      Thread.sleep(20);
    }
  }

  private boolean listens() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  Contestant contestant() {
    return contestant;
  }

  /** Where its tenants are. */
  Path folder() {
    return folder;
  }

  /** Its address, without a path. */
  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** The time of processors that it has used. */
  Duration processorTime() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** Takes the processors from it, whatever it does in the background. */
  void hold() throws Exception {
    signal("-STOP");
  }

  /** Gives them back. */
  void resume() throws Exception {
    signal("-CONT");
  }

  private void signal(String name) throws Exception {
    if (new ProcessBuilder("kill", name, Long.toString(process.pid())).start().waitFor() != 0) {
      throw new IllegalStateException(
          "no such process any more: contestant=%s signal=%s".formatted(contestant, name));
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("it does not end: contestant=" + contestant);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
