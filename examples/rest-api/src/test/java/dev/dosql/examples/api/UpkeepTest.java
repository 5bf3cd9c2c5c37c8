package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import dev.dosql.TenantInfo;
import dev.dosql.junit.DoSqlTest;
import dev.dosql.web.Accounts;
import dev.dosql.web.RateLimit;
import dev.dosql.web.RateLimiter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Defects 35 and 40: what has ended is deleted, and nothing else. */
@DoSqlTest(migrations = "classpath:migrations")
class UpkeepTest {
  private static final Clock DAYS_AGO =
      Clock.fixed(Instant.now().minus(Duration.ofDays(3)), ZoneOffset.UTC);
  private static final String PASSWORD = "correct horse battery";

  @TempDir Path home;
  private final Accounts accounts = Accounts.builder().build();
  private DoSQL tenants;

  @BeforeEach
  void tenants(DoSQL instance) {
    tenants = instance;
    addSessions(tenants.create("acme"));
    addSessions(tenants.create("globex"));
  }

  /** One that has ended, and one that lasts. */
  private void addSessions(DB db) {
    Accounts before = Accounts.builder().clock(DAYS_AGO).build();
    before.signUp(db, "ada", PASSWORD, Set.of());
    before.login(db, "ada", PASSWORD);
    accounts.login(db, "ada", PASSWORD);
  }

  @Test
  void run_deletesWhatHasEnded_andNothingElse() {
    try (DB counts = DB.memory()) {
      RateLimiter.on(counts, DAYS_AGO).acquire("old", new RateLimit(1, Duration.ofMinutes(1)));
      RateLimiter limiter = RateLimiter.on(counts);
      limiter.acquire("new", new RateLimit(1, Duration.ofMinutes(1)));
      try (Upkeep upkeep = new Upkeep(tenants, accounts, limiter)) {
        upkeep.run();
      }
      assertThat(counts.queryOne(Long.class, "SELECT count(*) FROM rate_limits")).contains(1L);
    }
    assertThat(sessions(tenants, "acme")).isEqualTo(1);
    assertThat(sessions(tenants, "globex")).isEqualTo(1);
  }

  @Test
  void run_opensNoTenant_andLeavesThoseThatAreClosedAsTheyAre() {
    Settings settings = Settings.of(Map.of(), home);
    try (DoSQL first = DoSQL.open(settings.options())) {
      addSessions(first.create("closed"));
    }
    try (DoSQL again = DoSQL.open(settings.options());
        DB counts = DB.memory();
        Upkeep upkeep = new Upkeep(again, accounts, RateLimiter.on(counts))) {
      upkeep.run();

      assertThat(again.tenants().map(TenantInfo::state)).containsExactly(TenantInfo.State.CLOSED);
      assertThat(sessions(again, "closed")).isEqualTo(2);
      upkeep.run();
      assertThat(sessions(again, "closed")).isEqualTo(1);
    }
  }

  /** A tenant whose tables are not there keeps no other from its turn. */
  @Test
  void run_inWhichOneFails_goesOnWithTheOthers() {
    tenants.db("acme").exec("DROP TABLE auth_sessions");
    try (DB counts = DB.memory();
        Upkeep upkeep = new Upkeep(tenants, accounts, RateLimiter.on(counts))) {
      upkeep.run();
    }
    assertThat(sessions(tenants, "globex")).isEqualTo(1);
  }

  @Test
  @Timeout(60)
  void every_interval_itRunsByItself() throws InterruptedException {
    try (DB counts = DB.memory();
        Upkeep upkeep = new Upkeep(tenants, accounts, RateLimiter.on(counts))) {
      upkeep.every(Duration.ofMillis(20));
      while (sessions(tenants, "acme") > 1 || sessions(tenants, "globex") > 1) {
        Thread.sleep(5);
      }
    }
  }

  @Test
  @Timeout(60)
  void service_hasOne_thatEndsWithIt() throws InterruptedException {
    try (TestApi api = TestApi.start(tenants, home, Map.of())) {
      assertThat(api.acme().get("/health").status()).isEqualTo(200);
      assertThat(threads()).isEqualTo(1);
    }
    while (threads() > 0) {
      Thread.sleep(5);
    }
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("upkeep"))
        .count();
  }

  private static long sessions(DoSQL in, String tenant) {
    return in.db(tenant).queryOne(Long.class, "SELECT count(*) FROM auth_sessions").orElseThrow();
  }
}
