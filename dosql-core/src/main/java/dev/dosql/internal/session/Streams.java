package dev.dosql.internal.session;

import dev.dosql.internal.engine.Rows;
import dev.dosql.internal.engine.Shape;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.internal.values.RowReader;
import dev.dosql.internal.values.Values;

/** Starting streams. */
final class Streams {
  private Streams() {}

  /** Starts a statement and makes a stream of it; on an error the statement is given back. */
  static <T> StatementStream<T> start(
      SqliteStatement statement,
      Bound bound,
      Shape<T> shape,
      Values values,
      Rows.Epoch epoch,
      StatementStream.Owner owner)
      throws SqliteException {
    try {
      long before = epoch.current();
      boolean onRow = statement.start(bound.values());
      RowReader<T> reader = Rows.plan(statement, shape, values, Rows.settled(before, epoch));
      return new StatementStream<>(statement, reader, onRow, owner);
    } catch (SqliteException | RuntimeException | Error e) {
      statement.release();
      throw e;
    }
  }
}
