package dev.dosql.internal.session;

import dev.dosql.internal.engine.Rows;
import dev.dosql.internal.engine.Shape;
import dev.dosql.internal.engine.StatementWatch;
import dev.dosql.internal.events.QueryEvent;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.internal.values.RowReader;
import dev.dosql.internal.values.Values;
import org.jspecify.annotations.Nullable;

/** Starting streams. */
final class Streams {
  private Streams() {}

  /** Starts a statement and makes a stream of it; on an error the statement is given back. */
  static <T> StatementStream<T> start(
      SqliteConnection connection,
      Bound bound,
      Shape<T> shape,
      Values values,
      Rows.Epoch epoch,
      StatementWatch watch,
      StatementStream.Owner owner)
      throws SqliteException {
    @Nullable QueryEvent event = StatementWatch.event();
    long since = System.nanoTime();
    int rows = -1;
    SqliteStatement statement = connection.prepare(bound.sql());
    try {
      long before = epoch.current();
      boolean onRow = statement.start(bound.values());
      RowReader<T> reader = Rows.plan(statement, shape, values, Rows.settled(before, epoch));
      rows = onRow ? 1 : 0;
      watch.end(event, since, connection, bound.sql(), false, rows);
      return new StatementStream<>(statement, reader, onRow, owner);
    } catch (SqliteException | RuntimeException | Error e) {
      statement.release();
      if (rows < 0) {
        watch.end(event, since, connection, bound.sql(), false, rows);
      }
      throw e;
    }
  }
}
