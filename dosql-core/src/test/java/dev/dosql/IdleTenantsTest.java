package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.MemoryObjectStore;
import dev.dosql.testing.TroubledStore;
import dev.dosql.testing.Waits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What tenants cost that nobody writes to: no request, and no thread. */
@Timeout(300)
class IdleTenantsTest {
  private static final int TENANTS = 1_000;
  private static final Duration WATCHED = Duration.ofSeconds(60);

  /** Far longer than threads of shipping live without work. */
  private static final Duration SETTLES = Duration.ofSeconds(60);

  @TempDir Path parent;

  private final TroubledStore store = new TroubledStore(MemoryObjectStore.create());

  private DBOptions options() {
    return DBOptions.builder()
        .directory(parent.resolve("data"))
        .openTenantsMax(TENANTS + 1)
        .idleTimeout(Duration.ofHours(1))
        .cold(store)
        .shipping(
            Shipping.builder()
                .shipInterval(Duration.ofMillis(200))
                .putsPerSecondMax(100_000)
                .build())
        .build();
  }

  private static Set<Long> threads() {
    Set<Long> ids = new TreeSet<>();
    Thread.getAllStackTraces().keySet().forEach(thread -> ids.add(thread.getId()));
    return ids;
  }

  private static Set<String> threadsBut(Set<Long> known) {
    Set<String> names = new TreeSet<>();
    Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !known.contains(thread.getId()))
        .forEach(thread -> names.add(thread.getName()));
    return names;
  }

  @Test
  void idleTenants_1000Open_makeNoRequestAndHaveNoThread() throws Exception {
    try (DoSQL tenants = DoSQL.open(options())) {
      Set<Long> before = threads();
      for (int i = 0; i < TENANTS; i++) {
        tenants.db("t" + i).exec("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)");
      }
      assertThat(tenants.tenants())
          .allSatisfy(each -> assertThat(each.state()).isEqualTo(TenantInfo.State.OPEN))
          .hasSize(TENANTS);
      Waits.until(
          "all are shipped",
          SETTLES,
          () -> {
            ShippingReport report = tenants.shipping();
            return report.lag().isZero()
                && report.tenants().stream().allMatch(each -> each.shipped().isPresent());
          });
      assertThat(store.puts()).isGreaterThanOrEqualTo(2 * TENANTS);
      Waits.until("threads end", SETTLES, () -> threadsBut(before).isEmpty());

      long requests = store.requests();
      Thread.sleep(WATCHED.toMillis());
      assertThat(store.requests() - requests).as("requests of idle tenants").isZero();
      assertThat(threadsBut(before)).as("threads of idle tenants").isEmpty();
      assertThat(tenants.shipping().tenants()).as("all were open meanwhile").hasSize(TENANTS);

      tenants.db("t7").run("INSERT INTO t VALUES(2)");
      Waits.until("one that wakes is shipped", () -> store.requests() > requests);
    }
  }
}
