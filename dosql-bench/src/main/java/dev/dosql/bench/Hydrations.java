package dev.dosql.bench;

import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.testing.S3TestServer;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

/**
 * Tenants of about 100 KB that only the bucket has, each brought back by the first query: from an
 * S3 server on this machine, for a directory that has never seen them. The peer asks as many things
 * of the same store, one after the other, and does nothing with the answers; so what is beyond it
 * is not the bucket's time.
 */
final class Hydrations implements AutoCloseable {
  private static final String CREATE = "CREATE TABLE event (id INTEGER PRIMARY KEY, body BLOB)";
  private static final String INSERT = "INSERT INTO event (body) VALUES (randomblob(?))";
  private static final String COUNT = "SELECT count(*) FROM event";
  private static final int ROWS = 170;
  private static final int ROW_BYTES = 500;

  private final Settings settings;
  private final Folder folder = new Folder();
  private final S3TestServer server = S3TestServer.start();
  private final ObjectStore store = Buckets.store(server, "bench");
  private int directories;
  private int made;
  private long requestsEach;

  Hydrations(Settings settings) throws IOException {
    this.settings = settings;
  }

  /** Tenants of a directory that is gone by now, as after the loss of a machine. */
  private void make() {
    made++;
    try (DoSQL dosql = DoSQL.open(next())) {
      for (int i = 0; i <= settings.tenants(); i++) {
        dosql.db(name(i)).exec(CREATE);
        dosql.db(name(i)).batch(INSERT, Arrays.asList(sizes()));
      }
    }
  }

  private static Object[] sizes() {
    Object[] sizes = new Object[ROWS];
    Arrays.fill(sizes, ROW_BYTES);
    return sizes;
  }

  private String name(int i) {
    return "tenant-" + made + "-" + i;
  }

  private DBOptions next() {
    return DBOptions.builder().directory(folder.file("d" + directories++)).cold(store).build();
  }

  Map<String, Figures> run() throws Exception {
    return new Contest()
        .with("hydrate", this::hydrate)
        .with("requests", this::requests)
        .run(settings.warmUp(), settings.rounds());
  }

  /** How many requests a tenant took in the last round. */
  long requestsEach() {
    return requestsEach;
  }

  /** The median of a round. */
  private double hydrate() {
    make();
    try (DoSQL dosql = DoSQL.open(next())) {
      read(dosql, settings.tenants()); // What a process does once, for its first tenant.
      long before = server.count();
      long[] nanos = new long[settings.tenants()];
      for (int i = 0; i < nanos.length; i++) {
        long began = System.nanoTime();
        read(dosql, i);
        nanos[i] = System.nanoTime() - began;
      }
      requestsEach = Math.round((server.count() - before) / (double) nanos.length);
      return median(nanos);
    }
  }

  private void read(DoSQL dosql, int tenant) {
    if (dosql.db(name(tenant)).queryOne(Long.class, COUNT).orElseThrow() != ROWS) {
      throw new IllegalStateException("rows are missing");
    }
  }

  private double requests() throws IOException {
    long[] nanos = new long[settings.tenants()];
    for (int i = 0; i < nanos.length; i++) {
      long began = System.nanoTime();
      for (int request = 0; request < requestsEach; request++) {
        store.get(name(i) + "/head.json").orElseThrow();
      }
      nanos[i] = System.nanoTime() - began;
    }
    return median(nanos);
  }

  private static double median(long[] nanos) {
    Arrays.sort(nanos);
    return nanos[nanos.length / 2];
  }

  @Override
  public void close() throws IOException {
    store.close();
    server.close();
    folder.close();
  }
}
