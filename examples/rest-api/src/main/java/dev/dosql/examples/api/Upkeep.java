package dev.dosql.examples.api;

import dev.dosql.DoSQL;
import dev.dosql.TenantInfo;
import dev.dosql.web.Accounts;
import dev.dosql.web.RateLimiter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes now and then what has ended: sessions, and counts of requests. Neither is accepted or
 * counted any more, so nothing but room depends on it; what fails is logged, and tried again the
 * next time.
 *
 * <p>Has one thread of its own until it is closed, which waits for what runs.
 */
final class Upkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
  private static final long CLOSE_SECONDS = 10;

  private final DoSQL tenants;
  private final Accounts accounts;
  private final RateLimiter limiter;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "upkeep"));

  Upkeep(DoSQL tenants, Accounts accounts, RateLimiter limiter) {
    this.tenants = tenants;
    this.accounts = accounts;
    this.limiter = limiter;
  }

  void every(Duration interval) {
    long millis = interval.toMillis();
    timer.scheduleWithFixedDelay(this::run, millis, millis, TimeUnit.MILLISECONDS);
  }

  // region upkeep
  void run() {
    attempt("rate limits", limiter::purge);
    attempt("tenants", () -> openTenants().forEach(this::sweep));
  }

  private void sweep(String tenant) {
    attempt(tenant, () -> tenants.find(tenant).ifPresent(accounts::sweep));
  }

  /** Those that are closed are not opened for it: their turn comes when they are used again. */
  private List<String> openTenants() {
    return tenants
        .tenants()
        .filter(tenant -> tenant.state() == TenantInfo.State.OPEN)
        .map(TenantInfo::name)
        .toList();
  }

  // endregion

  /** An exception would end the timer, and keep the others from their turn. */
  private static void attempt(String what, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      LOG.warn("Upkeep of {} failed: {}", what, e.getClass().getName());
    }
  }

  @Override
  public void close() {
    timer.shutdown();
    try {
      timer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
