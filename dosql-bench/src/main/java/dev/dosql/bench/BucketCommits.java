package dev.dosql.bench;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.Durability;
import dev.dosql.storage.testing.S3TestServer;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/**
 * Commits that are answered when the bucket has them: of one caller and of many, to an S3 server on
 * this machine that waits before each answer as one far away does.
 */
final class BucketCommits implements AutoCloseable {
  private static final int THREADS = 64;
  private static final Duration LATENCY = Duration.ofMillis(30);
  private static final String CREATE = "CREATE TABLE event (id INTEGER PRIMARY KEY, body TEXT)";
  private static final String INSERT = "INSERT INTO event (body) VALUES (?)";
  private static final String BODY = "something that happened to somebody";

  private final Settings settings;
  private final Folder folder = new Folder();
  private final S3TestServer server = S3TestServer.start();
  private final DoSQL dosql;
  private final DB db;

  BucketCommits(Settings settings) throws IOException {
    this.settings = settings;
    this.dosql =
        DoSQL.open(
            DBOptions.builder()
                .directory(folder.file("tenants"))
                .cold(Buckets.store(server, "bench"))
                .durability(Durability.BUCKET)
                .build());
    this.db = dosql.db("acme");
    db.exec(CREATE);
    server.setLatency(LATENCY);
  }

  Map<String, Figures> run() throws Exception {
    return new Contest()
        .with("many", () -> commit(THREADS))
        .with("one", () -> commit(1))
        .run(settings.warmUp(), settings.rounds());
  }

  private double commit(int threads) throws Exception {
    return Load.nanosPerOperation(threads, settings.slot(), thread -> db.run(INSERT, BODY));
  }

  @Override
  public void close() {
    server.setLatency(Duration.ZERO);
    dosql.close();
    server.close();
    folder.close();
  }
}
