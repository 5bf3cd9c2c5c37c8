package dev.dosql.internal.session;

import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.internal.values.RowReader;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The rows of a statement that is running, one after the other. It frees what it holds with the
 * last row, with an error, and when it is closed, whichever comes first.
 */
final class StatementStream<T> extends AbstractStream<T> {
  private final SqliteStatement statement;
  private final RowReader<T> reader;
  private final Owner owner;
  private final AtomicBoolean closed = new AtomicBoolean();
  private boolean onRow;

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
    if (isOver()) {
      return false;
    }
    owner.enter();
    owner.exit();
    return true;
  }

  /** Whether its rows were all read or it was closed; what was taken back is not over. */
  private boolean isOver() {
    return !onRow || closed.get() && !owner.isTakenBack();
  }

  @Override
  public T next() {
    if (isOver()) {
      throw new NoSuchElementException(onRow ? "stream is closed" : "no more rows");
    }
    owner.enter();
    try {
      statement.resume();
      T value = statement.read(reader);
      // What makes a value of the row is the user's, and may have closed the stream.
      onRow = !closed.get() && statement.next();
      if (!onRow) {
        close();
      }
      return value;
    } catch (SqliteException e) {
      close();
      throw owner.translate(e);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    } finally {
      owner.exit();
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      try {
        statement.release();
      } finally {
        owner.closed(this);
      }
    }
  }

  /** Who lent the connection. */
  interface Owner {
    /** Called before a use; throws if the rows must not be used any more. */
    void enter();

    /** Called after a use, unless {@link #enter} threw. */
    void exit();

    /** Whether the stream was closed because its time was up. */
    boolean isTakenBack();

    /** Takes the connection back; called once. */
    void closed(StatementStream<?> stream);

    /** Makes the public error of SQLite's. */
    RuntimeException translate(SqliteException failure);
  }
}
