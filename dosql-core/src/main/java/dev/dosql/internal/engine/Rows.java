package dev.dosql.internal.engine;

import dev.dosql.LimitExceededException;
import dev.dosql.Limits;
import dev.dosql.internal.events.QueryEvent;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import dev.dosql.internal.values.RowReader;
import dev.dosql.internal.values.Values;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Running a statement that has rows, and making values of them. */
public final class Rows {
  /** The epoch of a plan that must not be used again. */
  public static final long UNSETTLED = -1;

  private Rows() {}

  /**
   * Runs a statement and makes a value of each row.
   *
   * @param max the most rows to read; the statement ends there
   * @param watch knows how many rows and bytes there may be at all
   * @throws LimitExceededException if there are more
   */
  public static <T> List<T> all(
      SqliteConnection connection,
      Bound bound,
      Shape<T> shape,
      Values values,
      Epoch epoch,
      int max,
      StatementWatch watch)
      throws SqliteException {
    @Nullable QueryEvent event = StatementWatch.event();
    long since = System.nanoTime();
    int seen = -1;
    try {
      List<T> rows = allWatched(connection, bound, shape, values, epoch, max, watch);
      seen = rows.size();
      return rows;
    } finally {
      watch.end(event, since, connection, bound.sql(), false, seen);
    }
  }

  private static <T> List<T> allWatched(
      SqliteConnection connection,
      Bound bound,
      Shape<T> shape,
      Values values,
      Epoch epoch,
      int max,
      StatementWatch watch)
      throws SqliteException {
    SqliteStatement statement = connection.prepare(bound.sql());
    try {
      long before = epoch.current();
      boolean onRow = statement.start(bound.values());
      if (!onRow) {
        return List.of();
      }
      RowReader<T> reader = plan(statement, shape, values, settled(before, epoch));
      List<T> rows = new ArrayList<>();
      while (onRow) {
        rows.add(statement.read(reader));
        checkSize(rows.size(), statement.bytesRead(), watch);
        onRow = rows.size() < max && statement.next();
      }
      return rows;
    } finally {
      statement.release();
    }
  }

  /** Checks that a result is not too large. */
  static void checkSize(long rows, long bytes, StatementWatch watch) {
    Limits limits = watch.limits();
    if (rows > limits.resultRowsMax()) {
      throw tooLarge("rows", "resultRowsMax", limits.resultRowsMax(), rows, watch.tenant());
    }
    if (bytes > limits.resultBytesMax()) {
      throw tooLarge(
          "bytes of text and blobs",
          "resultBytesMax",
          limits.resultBytesMax(),
          bytes,
          watch.tenant());
    }
  }

  private static LimitExceededException tooLarge(
      String of, String limit, long allowed, long seen, String tenant) {
    return new LimitExceededException(
        "result refused: has "
            + seen
            + " or more "
            + of
            + ", at most "
            + allowed
            + " allowed; a stream has no such limit (tenant="
            + tenant
            + ", limit="
            + limit
            + ")",
        limit,
        allowed,
        seen);
  }

  /** The epoch that held while a statement was started, or {@link #UNSETTLED}. */
  public static long settled(long before, Epoch epoch) {
    return before % 2 == 0 && before == epoch.current() ? before : UNSETTLED;
  }

  /**
   * What makes values of a statement's rows: kept with the statement, as long as the schema and
   * what the rows are to become stay the same.
   */
  public static <T> RowReader<T> plan(
      SqliteStatement statement, Shape<T> shape, Values values, long epoch) throws SqliteException {
    boolean sameSchema =
        epoch != UNSETTLED
            && statement.attachment() instanceof Plan<?> noted
            && noted.epoch() == epoch;
    if (sameSchema && statement.attachment() instanceof Plan<?> plan) {
      if (plan.shape().type() == shape.type()) {
        @SuppressWarnings("unchecked") // equal types, equal values
        RowReader<T> known = (RowReader<T>) plan.reader();
        return known;
      }
    } else {
      statement.refreshColumns();
    }
    RowReader<T> reader = shape.reader(values, statement.columnNames());
    statement.attach(new Plan<>(epoch, shape, reader));
    return reader;
  }

  /** Tells the epoch of the schema that a connection sees. */
  @FunctionalInterface
  public interface Epoch {
    /** The epoch; odd or {@link Rows#UNSETTLED} if nothing noted under it may be used again. */
    long current();
  }

  private record Plan<T>(long epoch, Shape<T> shape, RowReader<T> reader) {}
}
