package dev.dosql.bench;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.ShippingReport;
import dev.dosql.StorageRequests;
import dev.dosql.storage.MemoryObjectStore;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/** Open tenants that were written to, are shipped, and that nobody uses any more. */
final class IdleTenants {
  private static final String CREATE = "CREATE TABLE event (id INTEGER PRIMARY KEY, body TEXT)";

  private final Settings settings;

  IdleTenants(Settings settings) {
    this.settings = settings;
  }

  /** How many requests of all kinds they make in the time. */
  long requests() throws IOException {
    try (Folder folder = new Folder();
        MemoryObjectStore store = MemoryObjectStore.create()) {
      DBOptions options =
          DBOptions.builder()
              .directory(folder.file("tenants"))
              .cold(store)
              .openTenantsMax(settings.idle() + 1)
              .build();
      try (DoSQL dosql = DoSQL.open(options)) {
        for (int i = 0; i < settings.idle(); i++) {
          DB db = dosql.db("tenant-" + i);
          db.exec(CREATE);
        }
        awaitShipped(dosql);
        long before = sum(dosql.shipping().total());
        sleep(settings.idleTime().toNanos());
        return sum(dosql.shipping().total()) - before;
      }
    }
  }

  private static void awaitShipped(DoSQL dosql) {
    ShippingReport report = dosql.shipping();
    while (!report.lag().isZero() || report.lagBytes() > 0) {
      sleep(100_000_000);
      report = dosql.shipping();
    }
  }

  private static void sleep(long nanos) {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static long sum(StorageRequests requests) {
    return requests.puts() + requests.gets() + requests.lists() + requests.deletes();
  }
}
