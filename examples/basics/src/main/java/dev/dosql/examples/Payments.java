package dev.dosql.examples;

import dev.dosql.Bookmark;
import dev.dosql.CommitInDoubtException;
import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.Durability;
import dev.dosql.ShippingReport;
import java.nio.file.Path;
import java.time.Duration;

/** Payments that are in a bucket before they are answered, and what an operator does with it. */
public final class Payments {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private Payments() {}

  /** Pays, reads, and finds it all in a file that comes from the bucket alone. */
  public static void main(String[] args) {
    DBOptions options =
        DBOptions.builder().cold("file:.do/bucket").durability(Durability.BUCKET).build();
    try (DoSQL dosql = DoSQL.open(options)) {
      DB acme = dosql.db("acme");
      acme.exec("CREATE TABLE payments (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL) STRICT");
      pay(acme, 2500);
      pay(acme, 1700);
      System.out.println(total(acme));
      System.out.println(isBehind(dosql.shipping()) ? "behind" : "in the bucket");
      restore(dosql, "acme", Path.of("acme-restored.db"));
    }
  }

  // tag::doubt[]
  static void pay(DB db, long cents) {
    try {
      db.run("INSERT INTO payments (cents) VALUES (?)", cents);
    } catch (CommitInDoubtException e) {
      // It is in the file and on its way to the bucket: to pay again would be to pay twice.
      Bookmark bookmark = e.bookmark().orElseThrow(() -> e);
      db.awaitDurable(bookmark, PATIENCE);
    }
  }

  // end::doubt[]

  // tag::read[]
  /** What was paid, once no loss of this machine can take it back. */
  static long total(DB db) {
    long total = db.queryOne(Long.class, "SELECT sum(cents) FROM payments").orElseThrow();
    db.awaitDurable(db.bookmark(), PATIENCE); // covers all that the query can have seen
    return total;
  }

  // end::read[]

  // tag::watch[]
  /** Whether somebody should look: a minute late, or a tenant whose last request failed. */
  static boolean isBehind(ShippingReport report) {
    return report.lag().compareTo(Duration.ofMinutes(1)) > 0
        || report.tenants().stream().anyMatch(tenant -> tenant.lastError().isPresent());
  }

  // end::watch[]

  // tag::restore[]
  /** Writes what the bucket has of a tenant into a new file; the tenant itself is not touched. */
  static Bookmark restore(DoSQL dosql, String tenant, Path file) {
    return dosql.restoreTo(tenant, file);
  }
  // end::restore[]
}
