package dev.dosql.internal.jdbc;

import dev.dosql.LimitExceededException;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;

/**
 * The results of a session that SQLite has not read to their end. Each holds the snapshot that it
 * began with, and everything else that the connection does stands on the same one.
 *
 * <p>Used under the lock of its session.
 */
final class OpenResults {
  private final Set<JdbcResultSet> open = new HashSet<>();

  boolean isEmpty() {
    return open.isEmpty();
  }

  void add(JdbcResultSet rows) {
    open.add(rows);
  }

  /** Forgets a result that needs SQLite no more. */
  void remove(JdbcResultSet rows) {
    open.remove(rows);
  }

  /**
   * Reads what is left of them into memory, so that what comes next sees the newest snapshot.
   *
   * @throws SQLException if there is too much of it; they stay open, and no row is lost
   */
  void detach() throws SQLException {
    for (JdbcResultSet rows : Set.copyOf(open)) {
      rows.detach();
    }
  }

  void close() {
    Set.copyOf(open).forEach(JdbcResultSet::close);
  }

  /** Ends them from outside; their next use is told why. */
  void end(LimitExceededException why) {
    Set.copyOf(open).forEach(rows -> rows.end(why));
  }
}
