package dev.dosql.bench;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;

/** A large tenant brought back from a bucket, beside a copy of its file that is forced. */
final class Restores implements AutoCloseable {
  private static final String TENANT = "large";
  private static final String CREATE =
      "CREATE TABLE event (id INTEGER PRIMARY KEY, kind TEXT, body TEXT, digest BLOB)";
  private static final String INSERT =
      "INSERT INTO event (kind, body, digest) VALUES ('order.placed', ?, randomblob(64))";
  private static final int ROW_BYTES = 250;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int BATCH = 10_000;

  private final Settings settings;
  private final Folder folder = new Folder();
  private final Path file = folder.file("large.db");
  private final Path target = folder.file("target.db");
  private final DoSQL dosql;

  Restores(Settings settings) throws IOException {
    this.settings = settings;
    DBOptions.Builder options = DBOptions.builder().directory(folder.file("tenants"));
    try (DoSQL made = DoSQL.open(options.build())) {
      fill(made.db(TENANT));
      made.db(TENANT).exportTo(file);
    }
    options.cold("file:" + folder.file("bucket"));
    try (DoSQL shipping = DoSQL.open(options.directory(folder.file("shipped")).build())) {
      shipping.importFile(TENANT, file);
      DB imported = shipping.db(TENANT);
      imported.awaitDurable(imported.bookmark(), PATIENCE);
    }
    this.dosql = DoSQL.open(options.directory(folder.file("restoring")).build());
  }

  private void fill(DB db) {
    db.exec(CREATE);
    for (long bytes = 0; bytes < settings.restoredBytes(); bytes += (long) BATCH * ROW_BYTES) {
      db.batch(INSERT, IntStream.range(0, BATCH).mapToObj(Restores::body).toList());
    }
  }

  private static String body(int row) {
    return "{\"customer\":\"customer-%d\",\"email\":\"customer%d@example.com\",\"lines\":[{\"item\":\"item-%d\",\"price\":%d,\"count\":%d}],\"note\":\"leave it at the door, please\"}"
        .formatted(row, row * 7, row % 977, row % 10_000, row % 9);
  }

  /** How long the file is. */
  long bytes() throws IOException {
    return Files.size(file);
  }

  Map<String, Figures> run() throws Exception {
    return new Contest()
        .with("restore", () -> timed(() -> dosql.restoreTo(TENANT, target)))
        .with("copy", () -> timed(this::copy))
        .run(settings.warmUp(), settings.rounds());
  }

  private double timed(Making making) throws IOException {
    long began = System.nanoTime();
    making.make();
    double nanos = System.nanoTime() - began;
    if (Files.size(target) != bytes()) {
      throw new IllegalStateException("restored " + Files.size(target) + ", needed " + bytes());
    }
    Files.delete(target);
    return nanos;
  }

  private void copy() throws IOException {
    Files.copy(file, target);
    try (FileChannel channel = FileChannel.open(target, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  @Override
  public void close() {
    dosql.close();
    folder.close();
  }

  private interface Making {
    void make() throws IOException;
  }
}
