package dev.dosql.bench;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.Shipping;
import dev.dosql.storage.MemoryObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/**
 * Durable rows of sixteen threads, without and with a bucket that they are shipped to while they
 * are written. What is left behind a round is shipped before the next, and is not timed but where
 * it says so.
 */
final class ShippedWrites implements AutoCloseable {
  private static final int THREADS = 16;
  private static final String CREATE =
      "CREATE TABLE event (id INTEGER PRIMARY KEY, at BIGINT NOT NULL, body VARCHAR(100) NOT NULL)";
  private static final String INSERT = "INSERT INTO event (at, body) VALUES (?, ?)";
  private static final String BODY = "something that happened to somebody";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Settings settings;
  private final Folder folder = new Folder();
  private final MemoryObjectStore memory = MemoryObjectStore.create();
  private final DoSQL alone = DoSQL.open(options("alone").build());
  private final DoSQL toMemory = DoSQL.open(options("to-memory").cold(memory).build());
  private final DoSQL toDirectory =
      DoSQL.open(options("to-directory").cold("file:" + folder.file("bucket")).build());

  ShippedWrites(Settings settings) {
    this.settings = settings;
    for (DoSQL each : new DoSQL[] {alone, toMemory, toDirectory}) {
      each.db("acme").exec(CREATE);
    }
  }

  /** With so much room that nothing is given up: what is asked of it is that nothing is lost. */
  private DBOptions.Builder options(String directory) {
    return DBOptions.builder()
        .directory(folder.file(directory))
        .shipping(Shipping.builder().queueBytesMax(1L << 40).build());
  }

  Map<String, Figures> run() throws Exception {
    return new Contest()
        .with("alone", () -> write(alone.db("acme")))
        .with("toMemory", () -> writeAndShip(toMemory.db("acme"), false))
        .with("toMemoryToTheEnd", () -> writeAndShip(toMemory.db("acme"), true))
        .with("toDirectory", () -> writeAndShip(toDirectory.db("acme"), false))
        .run(settings.warmUp(), settings.closeRounds());
  }

  private double write(DB db) throws Exception {
    return Load.nanosPerOperation(
        THREADS, settings.slot(), thread -> db.run(INSERT, System.nanoTime(), BODY));
  }

  private double writeAndShip(DB db, boolean toTheEnd) throws Exception {
    long began = System.nanoTime();
    double nanos = write(db);
    double written = System.nanoTime() - began;
    db.awaitDurable(db.bookmark(), PATIENCE);
    return toTheEnd ? nanos * (System.nanoTime() - began) / written : nanos;
  }

  @Override
  public void close() throws IOException {
    alone.close();
    toMemory.close();
    toDirectory.close();
    memory.close();
    folder.close();
  }
}
