package dev.dosql.internal.session;

import dev.dosql.internal.sqlite.SqliteException;
import java.util.Set;
import java.util.function.Function;

/**
 * Owns a stream that ends with a snapshot or a transaction.
 *
 * @param check throws when the rows must not be used any more
 * @param streams those of the scope that are open
 * @param translate makes the public error of SQLite's
 */
record StreamScope(
    Runnable check,
    Set<StatementStream<?>> streams,
    Function<SqliteException, RuntimeException> translate)
    implements StatementStream.Owner {
  @Override
  public void beforeUse() {
    check.run();
  }

  @Override
  public void closed(StatementStream<?> stream) {
    streams.remove(stream);
  }
}
