package dev.dosql.internal.engine;

import dev.dosql.DBOptions;
import dev.dosql.Limits;
import dev.dosql.internal.events.QueryEvent;
import dev.dosql.internal.sql.MaskedSql;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import java.time.Duration;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the statements of one tenant: their limits, the log of those that are slow, and their
 * events for a flight recording.
 *
 * <p>Safe for use by many threads.
 */
public final class StatementWatch {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.slow");

  /** Never committed; it only tells whether others would be. */
  private static final QueryEvent PROBE = new QueryEvent();

  private final String tenant;
  private final Limits limits;
  private final long slowNanos;

  StatementWatch(String tenant, DBOptions options) {
    this.tenant = tenant;
    this.limits = options.limits();
    this.slowNanos = options.slowQueryThreshold().toNanos();
  }

  /** The tenant's name. */
  String tenant() {
    return tenant;
  }

  /** How much a statement may ask for. */
  Limits limits() {
    return limits;
  }

  /** The event of a statement that begins now, or null if nobody records it. */
  public static @Nullable QueryEvent event() {
    if (!PROBE.isEnabled()) {
      return null;
    }
    QueryEvent event = new QueryEvent();
    event.begin();
    return event;
  }

  /**
   * Ends the watch over a statement, with the connection still the caller's.
   *
   * @param event what {@link #event} gave when it began
   * @param sinceNanos when it began, by {@link System#nanoTime}
   * @param rows how many it returned or changed; negative if it failed
   */
  public void end(
      @Nullable QueryEvent event,
      long sinceNanos,
      SqliteConnection connection,
      String sql,
      boolean write,
      long rows) {
    long nanos = System.nanoTime() - sinceNanos;
    if (event != null) {
      record(event, sql, write, rows);
    }
    if (nanos >= slowNanos && log.isWarnEnabled()) {
      log.warn(
          "slow statement (tenant={}, millis={}, {}, sql={}, plan={})",
          tenant,
          Duration.ofNanos(nanos).toMillis(),
          rows < 0 ? "failed" : "rows=" + rows,
          MaskedSql.of(sql),
          plan(connection, sql));
    }
  }

  private void record(QueryEvent event, String sql, boolean write, long rows) {
    event.end();
    if (event.shouldCommit()) {
      event.tenant = tenant;
      event.sql = MaskedSql.of(sql);
      event.rows = Math.max(rows, 0);
      event.write = write;
      event.failed = rows < 0;
      event.commit();
    }
  }

  /**
   * How SQLite runs it, which is asked only of what was slow. It has all values null, as many as
   * any statement may have.
   */
  private String plan(SqliteConnection connection, String sql) {
    try {
      SqliteStatement explain = connection.prepare("EXPLAIN QUERY PLAN " + sql);
      try {
        StringJoiner steps = new StringJoiner("; ");
        boolean onRow = explain.start(new Object[limits.parametersMax()]);
        while (onRow) {
          steps.add(explain.textAt(3));
          onRow = explain.next();
        }
        return steps.toString();
      } finally {
        explain.release();
      }
    } catch (SqliteException e) {
      return "unknown (code=" + e.code() + ")"; // The text may quote a value.
    }
  }
}
