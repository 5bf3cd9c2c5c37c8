package dev.dosql;

import org.jspecify.annotations.Nullable;

/**
 * What can be asked of a database and done to it.
 *
 * <p>Here {@link #query query} and {@link #queryOne queryOne} also take {@code INSERT}, {@code
 * UPDATE} and {@code DELETE … RETURNING}; their rows are all read before the call returns.
 *
 * <p>When a call of a {@link DB} returns, what it wrote is as durable as {@link
 * DBOptions#durability} says; of a {@link Transaction}, when the whole of that has returned.
 *
 * <p><b>Failures.</b> Besides those of {@link Reads}, everything that writes may fail with {@link
 * WriteLockTimeoutException}, {@link DiskFullException} or {@link ReadOnlyException}, none of which
 * leaves anything written; and a commit with {@link CommitInDoubtException}, after which it must be
 * read what is stored. Used where it would wait for itself it is a {@link
 * TransactionScopeException}.
 */
public interface Queries extends Reads {
  /**
   * Runs one statement that has no rows.
   *
   * @param sql an INSERT, UPDATE, DELETE, or a statement that changes the schema
   * @param params its parameters
   * @return what it did
   * @throws StatementException if the SQL is refused, or returns rows
   * @throws ParameterException if the parameters do not fit
   * @throws ConstraintViolationException if it breaks a constraint
   */
  RunResult run(String sql, @Nullable Object... params);

  /**
   * Runs one statement once for each set of parameters, in one transaction: all or nothing.
   *
   * @param sql an INSERT, UPDATE or DELETE
   * @param each the parameters of each run: an array or {@link java.util.List} by position, a
   *     {@link java.util.Map}, record or {@link Params} by name, or the value of the only parameter
   * @return what they did together
   * @throws StatementException if the SQL is refused, or returns rows
   * @throws ParameterException if the parameters of a run do not fit
   * @throws ConstraintViolationException if a run breaks a constraint
   */
  BatchResult batch(String sql, Iterable<?> each);

  /**
   * Runs every statement of a script, in one transaction: all or nothing. Rows are dropped.
   *
   * @param script statements separated by {@code ;}; strings, comments and trigger bodies are known
   * @throws StatementException if a statement is refused or fails; names it and its line
   * @throws ConstraintViolationException if a statement breaks a constraint
   */
  void exec(String script);

  /**
   * A statement to be used many times. It is checked now; SQLite's own preparation is cached by the
   * connections whether or not this is used.
   *
   * @param sql one statement
   * @return the statement, for use as long as this
   * @throws StatementException if the SQL is refused
   */
  PreparedSql prepare(String sql);

  /**
   * Runs work in a transaction and commits it when the work returns. Anything thrown rolls it back
   * and is rethrown as it was. Inside a transaction this is a savepoint: what is thrown undoes only
   * the inner work, if the outer one catches it.
   *
   * @param <T> what the work returns
   * @param <X> what the work may throw
   * @param work called once, on this thread
   * @return what the work returned
   * @throws X as the work did
   * @throws TransactionEndedException if SQLite ended the transaction under the work
   * @throws WriteLockTimeoutException if other writers hold the tenant for too long
   */
  <T extends @Nullable Object, X extends Exception> T transaction(TransactionWork<T, X> work)
      throws X;

  /**
   * Runs work that returns nothing in a transaction; the rest is as for {@link #transaction}.
   *
   * @param <X> what the work may throw
   * @param work called once, on this thread
   * @throws X as the work did
   * @throws TransactionEndedException if SQLite ended the transaction under the work
   * @throws WriteLockTimeoutException if other writers hold the tenant for too long
   */
  <X extends Exception> void useTransaction(TransactionAction<X> work) throws X;
}
