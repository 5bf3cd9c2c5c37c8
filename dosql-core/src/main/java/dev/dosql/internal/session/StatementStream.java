package dev.dosql.internal.session;

import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.internal.values.RowReader;
import java.util.NoSuchElementException;
import java.util.function.Function;

/**
 * The rows of a statement that is running, one after the other. It frees what it holds with the
 * last row, with an error, and when it is closed, whichever comes first.
 */
final class StatementStream<T> extends AbstractStream<T> {
  private final SqliteStatement statement;
  private final RowReader<T> reader;
  private final Owner owner;
  private boolean onRow;
  private boolean closed;

  /**
   * Makes a stream of a statement that was started.
   *
   * @param onRow whether it stands on a row
   */
  StatementStream(SqliteStatement statement, RowReader<T> reader, boolean onRow, Owner owner) {
    this.statement = statement;
    this.reader = reader;
    this.owner = owner;
    this.onRow = onRow;
    if (!onRow) {
      close();
    }
  }

  @Override
  public boolean hasNext() {
    if (!closed) {
      owner.beforeUse();
    }
    return onRow && !closed;
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException(closed && onRow ? "stream is closed" : "no more rows");
    }
    try {
      T value = statement.read(reader);
      onRow = statement.next();
      if (!onRow) {
        close();
      }
      return value;
    } catch (SqliteException e) {
      close();
      throw owner.translate().apply(e);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      statement.release();
    } finally {
      owner.closed(this);
    }
  }

  /** Who lent the connection. */
  interface Owner {
    /** Called before each row; throws if the rows must not be used any more. */
    void beforeUse();

    /** Takes the connection back; called once. */
    void closed(StatementStream<?> stream);

    /** Makes the public error of SQLite's. */
    Function<SqliteException, RuntimeException> translate();
  }
}
