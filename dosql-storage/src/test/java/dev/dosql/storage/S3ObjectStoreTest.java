package dev.dosql.storage;

import dev.dosql.storage.testing.ObjectStoreContract;
import dev.dosql.storage.testing.S3TestServer;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract over the wire; what is special about S3 is in {@link S3WireTest}. */
final class S3ObjectStoreTest extends ObjectStoreContract {

  private static final AtomicInteger BUCKETS = new AtomicInteger();
  private static S3TestServer server;

  @BeforeAll
  static void start() throws IOException {
    server = S3TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  protected ObjectStore openStore() {
    String bucket = "bucket-" + BUCKETS.incrementAndGet();
    server.createBucket(bucket);
    return S3ObjectStore.builder(bucket)
        .endpoint(server.endpoint())
        .credentials(S3TestServer.ACCESS_KEY, S3TestServer.SECRET_KEY)
        .build();
  }
}
