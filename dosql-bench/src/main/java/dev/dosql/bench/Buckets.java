package dev.dosql.bench;

import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.S3ObjectStore;
import dev.dosql.storage.testing.S3TestServer;

/** Stores on the S3 server of the tests, which runs in this process. */
final class Buckets {
  private Buckets() {}

  static ObjectStore store(S3TestServer server, String prefix) {
    return S3ObjectStore.builder(S3TestServer.BUCKET)
        .prefix(prefix)
        .endpoint(server.endpoint())
        .region("us-east-1")
        .credentials(S3TestServer.ACCESS_KEY, S3TestServer.SECRET_KEY)
        .build();
  }
}
