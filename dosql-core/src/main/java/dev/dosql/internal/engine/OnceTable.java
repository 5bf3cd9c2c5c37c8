package dev.dosql.internal.engine;

import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.internal.values.Columns;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The keys of {@code once} in a tenant's file, a table of the library's own, made with the first
 * key:
 *
 * <pre>
 *   _dosql_once
 *     key          TEXT, primary key
 *     type         TEXT, the name of the value's class
 *     fingerprint  BLOB, SHA-256 of the request's fingerprint, or NULL
 *     at           INTEGER, milliseconds since 1970 when it was kept; indexed
 *     value        BLOB, the value's encoding
 * </pre>
 *
 * <p>A key that is kept while the clock is behind must not end the moment it is set right, so it
 * gets the newest time that is stored. But one from a clock that was far ahead must not keep every
 * later key as long, so it is trusted only as far as clocks are behind in practice: {@link
 * #BEHIND_MAX}, or the retention if that is longer; and without bound by a clock that shows a time
 * before this library was made, which is one that was never set. Keys of a time when the clock was
 * ahead last until then, the others longer than the retention by that bound at most. Every
 * statement finds its rows by an index.
 *
 * <p>A restore must carry this table over as it is, and a branch must begin without it: a request
 * that was answered stays answered.
 *
 * <p>Used by the thread that has the connection.
 */
public final class OnceTable {
  /** How far behind a clock may be that was set: a machine that slept, or was restored. */
  static final Duration BEHIND_MAX = Duration.ofDays(30);

  /** No clock shows an earlier time but one that was never set. */
  private static final long MADE = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();

  /** Keys that go with each that comes: more than one, so that none is left in the end. */
  static final int SWEPT_MAX = 32;

  static final String FIND = "SELECT type, fingerprint, value, at FROM _dosql_once WHERE key = ?";
  static final String NEWEST = "SELECT at FROM _dosql_once WHERE at <= ? ORDER BY at DESC LIMIT 1";
  static final String SWEEP =
      "DELETE FROM _dosql_once WHERE key IN"
          + " (SELECT key FROM _dosql_once WHERE at <= ? ORDER BY at LIMIT "
          + SWEPT_MAX
          + ")";
  private static final String KEEP =
      "INSERT OR REPLACE INTO _dosql_once (key, type, fingerprint, at, value)"
          + " VALUES (?, ?, ?, ?, ?)";
  private static final String CREATE =
      "CREATE TABLE _dosql_once (key TEXT PRIMARY KEY NOT NULL, type TEXT NOT NULL,"
          + " fingerprint BLOB, at INTEGER NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID";
  private static final String CREATE_INDEX = "CREATE INDEX _dosql_once_at ON _dosql_once (at)";

  private final SqliteConnection connection;
  private final InstantSource clock;
  private final long retention;
  private boolean exists = true;

  /**
   * The table as one call sees it.
   *
   * @param clock asked each time: between a key that is not found and its value, work is done
   * @param retention how long keys are kept
   */
  public OnceTable(SqliteConnection connection, InstantSource clock, Duration retention) {
    this.connection = connection;
    this.clock = clock;
    this.retention = retention.toMillis();
  }

  /** The statements that make it, its table first. */
  public static List<String> definitions() {
    return List.of(CREATE, CREATE_INDEX);
  }

  /** What is kept under a key; empty if it has ended or never was. */
  public Optional<Kept> find(String key) throws SqliteException {
    SqliteStatement find;
    try {
      find = connection.prepare(FIND);
    } catch (SqliteException e) {
      if (e.primaryCode() == SqliteException.ERROR) {
        exists = false; // If it is there all the same, making it fails, and the work is undone.
        return Optional.empty();
      }
      throw e;
    }
    try {
      boolean kept = find.start(new Object[] {key}) && find.longAt(3) > expired(clock.millis());
      return kept ? Optional.of(find.read(OnceTable::kept)) : Optional.empty();
    } finally {
      find.release();
    }
  }

  private static Kept kept(Columns row) {
    boolean plain = row.type(1) == Columns.NULL;
    return new Kept(row.textAt(0), plain ? null : row.blobAt(1), row.blobAt(2));
  }

  /** Keeps a value under a key that was not found, in the transaction that is open. */
  public void keep(String key, Kept kept) throws SqliteException {
    if (!exists) {
      WriteStatements.step(connection, CREATE);
      WriteStatements.step(connection, CREATE_INDEX);
    }
    long now = clock.millis();
    run(SWEEP, expired(now));
    run(KEEP, key, kept.type(), kept.fingerprint(), Math.max(now, newest(now)), kept.value());
  }

  /** The latest time at which a key was kept that has ended now. */
  private long expired(long now) {
    return now - retention;
  }

  /** The newest time that is stored and can be that of a clock which was right. */
  private long newest(long now) throws SqliteException {
    long ahead = Math.max(BEHIND_MAX.toMillis(), retention);
    SqliteStatement newest = connection.prepare(NEWEST);
    try {
      boolean found = newest.start(new Object[] {now < MADE ? Long.MAX_VALUE : now + ahead});
      return found ? newest.longAt(0) : Long.MIN_VALUE;
    } finally {
      newest.release();
    }
  }

  private void run(String sql, @Nullable Object... values) throws SqliteException {
    SqliteStatement statement = connection.prepare(sql);
    try {
      statement.start(values);
    } finally {
      statement.release();
    }
  }

  /**
   * What is kept under a key.
   *
   * @param type the name of the value's class
   * @param fingerprint the SHA-256 of the request's fingerprint, or null
   * @param value the value's encoding
   */
  public record Kept(String type, byte @Nullable [] fingerprint, byte[] value) {}
}
