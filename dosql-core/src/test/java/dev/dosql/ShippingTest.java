package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.MemoryObjectStore;
import dev.dosql.storage.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ShippingTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path parent;

  private DBOptions options(String directory, ObjectStore store) {
    return DBOptions.builder().directory(parent.resolve(directory)).cold(store).build();
  }

  @Test
  void awaitDurable_thenNewDirectory_hasTheRows() {
    MemoryObjectStore store = MemoryObjectStore.create();
    Bookmark bookmark;
    try (DoSQL tenants = DoSQL.open(options("one", store))) {
      DB acme = tenants.db("acme");
      acme.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
      acme.run("INSERT INTO t(v) VALUES (?)", "first");
      bookmark = acme.bookmark();
      acme.awaitDurable(bookmark, SOON);
      acme.run("INSERT INTO t(v) VALUES (?)", "second");
      Bookmark second = acme.bookmark();
      assertThat(second.isAtOrAfter(bookmark)).isTrue();
      acme.awaitDurable(second, SOON);
      assertThat(tenants.shipping().tenants().get(0).shipped()).contains(second);
    }
    try (DoSQL tenants = DoSQL.open(options("two", store))) {
      assertThat(tenants.find("acme")).isPresent();
      assertThat(tenants.db("acme").query(String.class, "SELECT v FROM t ORDER BY id"))
          .isEqualTo(List.of("first", "second"));
      assertThat(tenants.db("acme").integrityCheck()).isEmpty();
    }
  }
}
