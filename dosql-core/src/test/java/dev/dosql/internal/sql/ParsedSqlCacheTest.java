package dev.dosql.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.StatementException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ParsedSqlCacheTest {
  @Test
  void get_sameText_givesTheSameStatement() {
    ParsedSqlCache cache = new ParsedSqlCache(4, 1_000_000);
    assertThat(cache.get("SELECT 1")).isSameAs(cache.get(new String("SELECT 1")));
  }

  @Test
  void get_manyTexts_staysWithinTheBoundAndKeepsWhatIsUsed() {
    ParsedSqlCache cache = new ParsedSqlCache(10, 1_000_000);
    ParsedSql used = cache.get("SELECT -1");
    for (int i = 0; i < 1000; i++) {
      cache.get("SELECT " + i);
      assertThat(cache.get("SELECT -1")).isSameAs(used);
      assertThat(cache.size()).isLessThanOrEqualTo(10);
    }
  }

  @Test
  void get_refusedText_failsEachTimeAndIsNotKept() {
    ParsedSqlCache cache = new ParsedSqlCache(4, 1_000_000);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> cache.get("BEGIN")).isInstanceOf(StatementException.class);
    }
    assertThat(cache.size()).isZero();
  }

  @Test
  void get_veryLongText_isNotKept() {
    ParsedSqlCache cache = new ParsedSqlCache(4, 1_000_000);
    cache.get("SELECT '" + "x".repeat(100_000) + "'");
    assertThat(cache.size()).isZero();
  }

  @Test
  void bound_below2_isAnError() {
    assertThatThrownBy(() -> new ParsedSqlCache(1, 1_000_000))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void get_byManyThreads_staysWithinTheBound() throws Exception {
    ParsedSqlCache cache = new ParsedSqlCache(8, 1_000_000);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Void>> work = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        int own = t;
        work.add(
            () -> {
              for (int i = 0; i < 5_000; i++) {
                String sql = "SELECT " + (i * (own + 1)) % 13;
                assertThat(cache.get(sql).sql()).isEqualTo(sql);
              }
              return null;
            });
      }
      for (Future<Void> done : threads.invokeAll(work)) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(cache.size()).isLessThanOrEqualTo(8);
  }
}
