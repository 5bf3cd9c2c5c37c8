package dev.dosql.internal.session;

import dev.dosql.internal.engine.TimeBound;
import dev.dosql.internal.sqlite.SqliteException;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Owns a stream that ends with a snapshot or a transaction.
 *
 * @param timeBound how long the scope may be open
 * @param check throws when the scope must not be used any more
 * @param onClosed told when it is closed
 * @param errors makes the public error of SQLite's
 */
record StreamScope(
    TimeBound timeBound,
    Runnable check,
    Consumer<StatementStream<?>> onClosed,
    Function<SqliteException, RuntimeException> errors)
    implements StatementStream.Owner {
  @Override
  public void enter() {
    check.run();
    timeBound.enter();
  }

  @Override
  public void exit() {
    timeBound.exit();
  }

  @Override
  public boolean isTakenBack() {
    return timeBound.isExpired();
  }

  @Override
  public void closed(StatementStream<?> stream) {
    onClosed.accept(stream);
  }

  @Override
  public RuntimeException translate(SqliteException failure) {
    return errors.apply(failure);
  }
}
