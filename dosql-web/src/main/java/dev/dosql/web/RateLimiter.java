package dev.dosql.web;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DiskFullException;
import dev.dosql.Durability;
import dev.dosql.LimitExceededException;
import dev.dosql.Row;
import dev.dosql.web.internal.Hashes;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Counts requests, in a database of this node that is no tenant's, so that no tenant pays for it
 * and nobody gets a fresh quota by naming another one.
 *
 * <p>One statement counts a request against all of its limits and tells what came of it, so that
 * any number of parallel requests get exactly what is allowed. Requests that are refused count too.
 * A window slides: of the window before, as much counts as is still within reach, so that there is
 * no burst of twice the limit where one window ends and the next begins. Keys are kept as hashes,
 * and for two windows; once a minute, a request also deletes up to 1,000 of those that have ended,
 * and while there are more, so does each of the next. A database that is full is purged before a
 * request fails for it.
 *
 * <p>A clock that goes back by no more than a window opens no new one. Counts of a clock that was
 * further ahead are forgotten, so that nobody is kept out until it is that late.
 *
 * <p>Safe for use by many threads.
 */
public final class RateLimiter implements AutoCloseable {
  private static final String NAME = "rate-limits";
  private static final long PURGE_EVERY_MILLIS = 60_000;
  private static final int PURGE_ROWS_MAX = 1_000;
  private static final int REQUESTS_AT_ONCE_MAX = 16;

  private static final String TABLE =
      """
      CREATE TABLE IF NOT EXISTS rate_limits (
        key        BLOB    NOT NULL PRIMARY KEY, -- SHA-256
        slot       INTEGER NOT NULL, -- windows since 1970
        current    INTEGER NOT NULL, -- requests in it
        previous   INTEGER NOT NULL, -- requests in the one before, up to the quota
        quota      INTEGER NOT NULL,
        expires_at INTEGER NOT NULL  -- milliseconds since 1970
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS rate_limits_by_expiry ON rate_limits (expires_at);
      """;

  private static final String ROW = "(?, ?, 1, 0, ?, ?)";

  private static final String INSERT =
      "INSERT INTO rate_limits (key, slot, current, previous, quota, expires_at) VALUES ";

  /** What no row can end behind: its window, the next one, and one that a clock went back by. */
  private static final long AHEAD_MILLIS_MAX = 3 * RateLimit.WINDOW_MAX.toMillis();

  /**
   * A clock that goes back by a slot counts in the one that was begun; a row that is further ahead
   * is one of a clock that was wrong, and as good as none.
   */
  private static final String ON_CONFLICT =
      """
       ON CONFLICT (key) DO UPDATE SET
        previous = CASE
          WHEN slot > excluded.slot + 1 THEN 0
          WHEN excluded.slot <= slot THEN previous
          WHEN excluded.slot = slot + 1 THEN min(current, excluded.quota)
          ELSE 0 END,
        current = CASE
          WHEN slot > excluded.slot + 1 OR excluded.slot > slot THEN 1
          ELSE min(current + 1, 1000000000) END,
        slot = CASE WHEN slot > excluded.slot + 1 THEN excluded.slot
          ELSE max(slot, excluded.slot) END,
        quota = excluded.quota,
        expires_at = CASE WHEN slot > excluded.slot + 1 THEN excluded.expires_at
          ELSE max(expires_at, excluded.expires_at) END
      RETURNING key, slot, current, previous
      """;

  private final DB db;
  private final Clock clock;
  private final boolean owned;
  private final AtomicLong purgedAt;

  private RateLimiter(DB db, Clock clock, boolean owned) {
    this.db = db;
    this.clock = clock;
    this.owned = owned;
    this.purgedAt = new AtomicLong(clock.millis());
    db.exec(TABLE);
  }

  /**
   * Opens a limiter in a directory of its own. It does not wait for the disk: what a power cut
   * takes is the counts of the last moment.
   *
   * @param directory a directory that nobody else uses; not that of the tenants
   * @return the limiter, to be closed
   * @throws dev.dosql.DatabaseLockedException if another process holds the directory
   */
  public static RateLimiter open(Path directory) {
    DBOptions options =
        DBOptions.builder().directory(directory).durability(Durability.PROCESS).build();
    DB db = DB.open(NAME, options);
    try {
      return new RateLimiter(db, Clock.systemUTC(), true);
    } catch (RuntimeException | Error e) {
      db.close();
      throw e;
    }
  }

  /**
   * A limiter in a database of the caller's, which stays the caller's to close.
   *
   * @param db a database that is no tenant's
   * @return the limiter
   */
  public static RateLimiter on(DB db) {
    return on(db, Clock.systemUTC());
  }

  /**
   * A limiter in a database of the caller's, with a clock of the caller's.
   *
   * @param db a database that is no tenant's
   * @param clock what tells the time
   * @return the limiter
   */
  public static RateLimiter on(DB db, Clock clock) {
    return new RateLimiter(db, Objects.requireNonNull(clock, "clock"), false);
  }

  /**
   * A limit that a request counts against.
   *
   * @param key whose limit it is, such as {@code tenant:acme}; of any length
   * @param limit the limit
   */
  public record Request(String key, RateLimit limit) {}

  /**
   * What came of a request.
   *
   * @param allowed whether it is within the limit
   * @param limit how many requests are
   * @param remaining how many more are by now
   * @param reset when the window ends
   * @param retryAfter after what time a request is allowed, if there is none before; zero if this
   *     one is
   */
  public record Decision(
      boolean allowed, int limit, int remaining, Duration reset, Duration retryAfter) {
    /**
     * The headers that tell a client: {@code RateLimit-Limit}, {@code -Remaining} and {@code
     * -Reset} in seconds, the same with {@code X-}, and {@code Retry-After} if it is refused.
     *
     * @return the headers by name
     */
    public Map<String, String> headers() {
      Map<String, String> headers = new LinkedHashMap<>();
      for (String prefix : List.of("RateLimit-", "X-RateLimit-")) {
        headers.put(prefix + "Limit", Integer.toString(limit));
        headers.put(prefix + "Remaining", Integer.toString(remaining));
        headers.put(prefix + "Reset", seconds(reset));
      }
      if (!allowed) {
        headers.put("Retry-After", seconds(retryAfter));
      }
      return headers;
    }

    private static String seconds(Duration time) {
      return Long.toString(Math.max(1, time.plusMillis(999).toSeconds()));
    }

    /**
     * What a refused client gets.
     *
     * @return 429 with the headers
     */
    public Problem problem() {
      Problem problem = Problem.of(429, "rate_limited", "too many requests");
      for (Map.Entry<String, String> header : headers().entrySet()) {
        problem = problem.withHeader(header.getKey(), header.getValue());
      }
      return problem;
    }

    private boolean isTighterThan(Decision other) {
      if (allowed != other.allowed) {
        return !allowed;
      }
      return allowed ? remaining < other.remaining : retryAfter.compareTo(other.retryAfter) > 0;
    }

    /**
     * The one of several that binds: a refusal before what is allowed, then what leaves least.
     *
     * @param decisions at least one
     * @return the tightest
     */
    public static Decision tightest(List<Decision> decisions) {
      Decision tightest = decisions.get(0);
      for (Decision each : decisions) {
        tightest = each.isTighterThan(tightest) ? each : tightest;
      }
      return tightest;
    }
  }

  /**
   * Counts a request against a limit.
   *
   * @param key whose limit it is
   * @param limit the limit
   * @return what came of it
   */
  public Decision acquire(String key, RateLimit limit) {
    return acquire(List.of(new Request(key, limit))).get(0);
  }

  /**
   * Counts a request against several limits, in one statement.
   *
   * @param requests 1 to 16 limits, each with a key of its own
   * @return what came of each, in the same order
   * @throws dev.dosql.DiskFullException if there is no room, and nothing that has ended to delete
   * @throws dev.dosql.LimitExceededException if the database of the caller is as large as it may
   *     be, and there is nothing that has ended to delete
   */
  public List<Decision> acquire(List<Request> requests) {
    if (requests.isEmpty() || requests.size() > REQUESTS_AT_ONCE_MAX) {
      throw new IllegalArgumentException(
          "requests must be 1 to " + REQUESTS_AT_ONCE_MAX + ": " + requests.size());
    }
    long now = clock.millis();
    List<Decision> decisions = decideInRoom(requests, now);
    purgeNowAndThen(now);
    return decisions;
  }

  /** No row fits into a database that is full, but what has ended may be deleted from it. */
  private List<Decision> decideInRoom(List<Request> requests, long now) {
    try {
      return decide(requests, now);
    } catch (DiskFullException | LimitExceededException e) {
      if (purgeSome(now) == 0) {
        throw e;
      }
      return decide(requests, now);
    }
  }

  private List<Decision> decide(List<Request> requests, long now) {
    List<byte[]> keys = requests.stream().map(RateLimiter::hash).toList();
    List<@Nullable Object> params = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      RateLimit limit = requests.get(i).limit();
      long slot = slot(limit, now);
      Collections.addAll(
          params, keys.get(i), slot, limit.requests(), (slot + 2) * limit.window().toMillis());
    }
    String rows = String.join(", ", Collections.nCopies(requests.size(), ROW));
    Map<String, Row> counted = new HashMap<>();
    for (Row row : db.query(INSERT + rows + ON_CONFLICT, params.toArray())) {
      counted.put(Hashes.hex(Objects.requireNonNull(row.getBytes("key"))), row);
    }
    List<Decision> decisions = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      Row row = Objects.requireNonNull(counted.get(Hashes.hex(keys.get(i))));
      decisions.add(decision(requests.get(i).limit(), row, now));
    }
    return List.copyOf(decisions);
  }

  private static byte[] hash(Request request) {
    return Hashes.sha256(request.key(), request.limit().window().toString());
  }

  private static long slot(RateLimit limit, long now) {
    return Math.floorDiv(now, limit.window().toMillis());
  }

  private static Decision decision(RateLimit limit, Row row, long now) {
    long window = limit.window().toMillis();
    long elapsed = Math.max(0, Math.min(window, now - row.getLong("slot") * window));
    Usage usage =
        new Usage(
            limit.requests(), window, elapsed, row.getLong("previous"), row.getLong("current"));
    return new Decision(
        usage.left() >= 0,
        limit.requests(),
        (int) Math.max(0, Math.floorDiv(usage.left(), window)),
        Duration.ofMillis(window - elapsed),
        Duration.ofMillis(usage.left() >= 0 ? 0 : usage.millisUntilAllowed()));
  }

  /** Counts of a key; products of requests and milliseconds stay far below 2^63. */
  private record Usage(long requests, long window, long elapsed, long previous, long current) {
    /** What is left, in requests times milliseconds; negative if more was used than is allowed. */
    long left() {
      return requests * window - previous * (window - elapsed) - current * window;
    }

    /** If nobody asks meanwhile. */
    long millisUntilAllowed() {
      long within = elapsedNeeded(previous, current + 1);
      if (within < window) {
        return Math.max(1, within - elapsed);
      }
      return window - elapsed + elapsedNeeded(Math.min(current, requests), 1);
    }

    /** How much of a window must be over for so many requests, or more than all of it. */
    private long elapsedNeeded(long before, long count) {
      if (count > requests) {
        return Long.MAX_VALUE;
      }
      return before == 0 ? 0 : Math.max(0, window - (requests - count) * window / before);
    }
  }

  private void purgeNowAndThen(long now) {
    long last = purgedAt.get();
    boolean due = now - last >= PURGE_EVERY_MILLIS || now < last;
    if (due && purgedAt.compareAndSet(last, now) && purgeSome(now) == PURGE_ROWS_MAX) {
      purgedAt.set(last); // There may be more, and rows can come as fast as requests.
    }
  }

  /**
   * Deletes the keys whose windows have ended, and those of a clock that was far ahead; in portions
   * of 1,000, between which requests are counted.
   *
   * @return how many there were
   */
  public long purge() {
    long now = clock.millis();
    long all = 0;
    long some;
    do {
      some = purgeSome(now);
      all += some;
    } while (some == PURGE_ROWS_MAX);
    return all;
  }

  private long purgeSome(long now) {
    return db.run(
            "DELETE FROM rate_limits WHERE key IN"
                + " (SELECT key FROM rate_limits WHERE expires_at <= ? OR expires_at > ? LIMIT ?)",
            now,
            now + AHEAD_MILLIS_MAX,
            PURGE_ROWS_MAX)
        .changes();
  }

  /** Closes the database that {@link #open} opened; of one that is the caller's, nothing. */
  @Override
  public void close() {
    if (owned) {
      db.close();
    }
  }
}
