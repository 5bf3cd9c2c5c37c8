package dev.dosql.bench.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Who is measured: a program that serves the two routes. */
enum Contestant {
  DOSQL("DoSQL, Javalin") {
    @Override
    List<String> command(Path peers, int port, Path folder) {
      return java("dosql", port, folder);
    }
  },
  JDBC("JDBC by hand, Javalin") {
    @Override
    List<String> command(Path peers, int port, Path folder) {
      return java("jdbc", port, folder);
    }
  },
  WORKERD("workerd, Hono, Durable Objects") {
    @Override
    List<String> command(Path peers, int port, Path folder) throws IOException {
      return List.of(
          program(peers, "@cloudflare", "workerd"),
          "serve",
          peers.resolve("workerd.capnp").toString(),
          "--socket-addr=http=127.0.0.1:" + port,
          "--directory-path=data=" + folder);
    }
  },
  BUN("Bun, Hono, bun:sqlite") {
    @Override
    List<String> command(Path peers, int port, Path folder) throws IOException {
      return List.of(
          program(peers, "@oven", "bun"),
          peers.resolve("bun.bundle.js").toString(),
          Integer.toString(port),
          folder.toString());
    }
  };

  private final String title;

  Contestant(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  /**
   * What starts it.
   *
   * @param peers where the programs and bundles of the peers are
   * @param port where it listens, on the loopback interface
   * @param folder where it keeps its tenants; it is there, and empty
   */
  abstract List<String> command(Path peers, int port, Path folder) throws IOException;

  private static List<String> java(String kind, int port, Path folder) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-Xmx1g",
        "-cp",
        System.getProperty("java.class.path"),
        TodoServer.class.getName(),
        kind,
        Integer.toString(port),
        folder.toString());
  }

  /** The binary itself, in the package for this machine: a launcher would have another id. */
  private static String program(Path peers, String scope, String name) throws IOException {
    try (Stream<Path> packages = Files.list(peers.resolve("node_modules").resolve(scope))) {
      return packages
          .map(each -> each.resolve("bin").resolve(name))
          .filter(Files::isExecutable)
          .sorted()
          .findFirst()
          .orElseThrow(() -> new IOException("no program of that name: name=" + name))
          .toString();
    }
  }
}
