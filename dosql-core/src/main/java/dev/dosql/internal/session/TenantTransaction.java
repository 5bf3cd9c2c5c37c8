package dev.dosql.internal.session;

import dev.dosql.Column;
import dev.dosql.DB;
import dev.dosql.RowStream;
import dev.dosql.RunResult;
import dev.dosql.Transaction;
import dev.dosql.TransactionEndedException;
import dev.dosql.TransactionScopeException;
import dev.dosql.TransactionWork;
import dev.dosql.internal.engine.Outcome;
import dev.dosql.internal.engine.Rows;
import dev.dosql.internal.engine.Shape;
import dev.dosql.internal.engine.WriteStatements;
import dev.dosql.internal.engine.Writer;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A transaction, or a savepoint in one.
 *
 * <p>SQLite ends a whole transaction by itself after some errors. From then on a statement would be
 * a transaction of its own, so every one is refused, and the end is an error even if the work
 * swallowed the first.
 */
final class TenantTransaction extends AbstractQueries implements Transaction {
  private final TenantDB db;
  private final Writer writer;
  private final Shared shared;
  private final int depth;
  private boolean ended;

  private TenantTransaction(TenantDB db, Writer writer, Shared shared, int depth) {
    super(db.instance());
    this.db = db;
    this.writer = writer;
    this.shared = shared;
    this.depth = depth;
  }

  /** Runs work in a transaction; the caller holds the writer. */
  static <T extends @Nullable Object, X extends Exception> T run(
      TenantDB db, Writer writer, TransactionWork<T, X> work) throws X {
    TenantTransaction tx = new TenantTransaction(db, writer, new Shared(), 0);
    tx.begin();
    try {
      T result = work.run(tx);
      tx.commit();
      return result;
    } catch (Throwable e) {
      tx.rollback(e);
      throw e;
    }
  }

  private void begin() {
    try {
      writer.begin();
    } catch (SqliteException e) {
      throw SqliteErrors.translate(e, null, 0, db.name());
    }
  }

  private void commit() {
    end();
    checkNotLost();
    try {
      writer.commit();
    } catch (SqliteException e) {
      throw SqliteErrors.translate(e, null, 0, db.name());
    }
  }

  private void rollback(Throwable reason) {
    try {
      end();
      if (!writer.hasFailed()) {
        writer.rollback();
      }
    } catch (SqliteException | RuntimeException e) {
      reason.addSuppressed(e);
    }
  }

  /** Refuses further use of this handle and ends its streams. */
  private void end() {
    ended = true;
    if (depth == 0) {
      Set.copyOf(shared.streams).forEach(StatementStream::close);
    }
  }

  private void check() {
    if (Thread.currentThread() != shared.owner) {
      throw new TransactionScopeException(
          "transaction used by another thread: it is confined to the one that opened it (tenant="
              + db.name()
              + ")");
    }
    if (ended) {
      throw new TransactionEndedException("transaction has ended (tenant=" + db.name() + ")");
    }
    checkNotLost();
  }

  private void checkNotLost() {
    SqliteException lost = shared.lost;
    if (lost != null) {
      throw new TransactionEndedException(
          "SQLite ended the transaction: " + lost.text() + " (tenant=" + db.name() + ")", lost);
    }
  }

  /** The public error; notes whether SQLite has ended the transaction with it. */
  private RuntimeException failed(SqliteException e, ParsedSql parsed) {
    try {
      // An interrupted write may be done or undone, and SQLite does not tell which.
      boolean half = e.primaryCode() == SqliteException.INTERRUPT && !onlyReads(parsed);
      if (shared.lost == null && (half || !writer.isInTransaction())) {
        shared.lost = e;
      }
    } catch (SqliteException unknown) {
      shared.lost = e;
    }
    return SqliteErrors.translate(e, parsed.sql(), parsed.line(), db.name());
  }

  private static boolean onlyReads(ParsedSql parsed) {
    return !writes(parsed) && !parsed.changesSchema();
  }

  @Override
  public DB db() {
    return db;
  }

  private SqliteConnection connection() {
    return writer.connection();
  }

  private Bound bind(ParsedSql parsed, @Nullable Object @Nullable [] params) {
    return parsed.bind(params, instance().binder());
  }

  @Override
  <T> List<T> rows(Shape<T> shape, String sql, @Nullable Object @Nullable [] params, int max) {
    check();
    ParsedSql parsed = parse(sql);
    checkMayHaveRows(parsed);
    Bound bound = bind(parsed, params);
    try {
      if (writes(parsed)) {
        return written(parsed, bound, max).as(shape, instance().values());
      }
      return Rows.all(connection(), bound, shape, instance().values(), writer::epoch, max);
    } catch (SqliteException e) {
      throw failed(e, parsed);
    }
  }

  /** Runs a write that returns rows; with too many of them, it is undone. */
  private Outcome written(ParsedSql parsed, Bound bound, int max) throws SqliteException {
    if (max == Integer.MAX_VALUE) {
      return execute(parsed, bound, true);
    }
    savepoint("SAVEPOINT ");
    Outcome outcome = executeInSavepoint(parsed, bound);
    boolean tooMany = outcome.rows().size() >= max;
    if (tooMany) {
      savepoint("ROLLBACK TO ");
    }
    savepoint("RELEASE ");
    if (tooMany) {
      throw WriteStatements.tooManyRows();
    }
    return outcome;
  }

  /** A failing statement leaves what SQLite leaves of it: with OR FAIL, that is not nothing. */
  private Outcome executeInSavepoint(ParsedSql parsed, Bound bound) {
    try {
      return execute(parsed, bound, true);
    } catch (SqliteException e) {
      RuntimeException failure = failed(e, parsed);
      if (shared.lost == null) {
        savepoint("RELEASE ");
      }
      throw failure;
    } catch (RuntimeException e) {
      savepoint("RELEASE ");
      throw e;
    }
  }

  private Outcome execute(ParsedSql parsed, Bound bound, boolean wantsRows) throws SqliteException {
    if (parsed.changesSchema()) {
      writer.schemaChanging();
    }
    return WriteStatements.execute(
        connection(), parsed, bound, wantsRows, Integer.MAX_VALUE, writer::epoch);
  }

  @Override
  public RunResult run(String sql, @Nullable Object... params) {
    check();
    ParsedSql parsed = parse(sql);
    checkHasNoRows(parsed);
    Bound bound = bind(parsed, params);
    try {
      return execute(parsed, bound, false).result();
    } catch (SqliteException e) {
      throw failed(e, parsed);
    }
  }

  @Override
  <T> RowStream<T> open(Shape<T> shape, String sql, @Nullable Object @Nullable [] params) {
    check();
    ParsedSql parsed = parse(sql);
    checkOnlyReads(parsed);
    Bound bound = bind(parsed, params);
    try {
      SqliteStatement statement = connection().prepare(bound.sql());
      StatementStream<T> stream =
          Streams.start(
              statement,
              bound,
              shape,
              instance().values(),
              writer::epoch,
              new StreamScope(this::check, shared.streams, e -> failed(e, parsed)));
      if (stream.hasNext()) {
        shared.streams.add(stream);
      }
      return stream;
    } catch (SqliteException e) {
      throw failed(e, parsed);
    }
  }

  @Override
  List<Column> describe(String sql) {
    check();
    ParsedSql parsed = parse(sql);
    try {
      return connection().describe(parsed.sqlForSqlite());
    } catch (SqliteException e) {
      throw failed(e, parsed);
    }
  }

  @Override
  void runScript(List<ParsedSql> script) {
    useTransaction(tx -> ((TenantTransaction) tx).runEach(script));
  }

  /** Runs the statements of a script one after the other. */
  void runEach(List<ParsedSql> script) {
    for (ParsedSql parsed : script) {
      try {
        if (parsed.changesSchema()) {
          writer.schemaChanging();
        }
        WriteStatements.drain(connection(), bind(parsed, new Object[0]));
      } catch (SqliteException e) {
        throw failed(e, parsed);
      }
    }
  }

  @Override
  public <T extends @Nullable Object, X extends Exception> T transaction(TransactionWork<T, X> work)
      throws X {
    Objects.requireNonNull(work, "work");
    check();
    TenantTransaction inner = new TenantTransaction(db, writer, shared, depth + 1);
    savepoint("SAVEPOINT ");
    try {
      T result = work.run(inner);
      inner.end();
      checkNotLost();
      savepoint("RELEASE ");
      return result;
    } catch (Throwable e) {
      inner.end();
      undo(e);
      throw e;
    }
  }

  private void undo(Throwable reason) {
    try {
      if (shared.lost == null) {
        savepoint("ROLLBACK TO ");
        savepoint("RELEASE ");
      }
    } catch (RuntimeException e) {
      reason.addSuppressed(e);
    }
  }

  private void savepoint(String verb) {
    try {
      WriteStatements.step(connection(), verb + "dosql_" + depth);
    } catch (SqliteException e) {
      shared.lost = shared.lost == null ? e : shared.lost;
      throw SqliteErrors.translate(e, null, 0, db.name());
    }
  }

  /** What a transaction and its savepoints have in common. */
  private static final class Shared {
    private final Thread owner = Thread.currentThread();
    private final Set<StatementStream<?>> streams = new HashSet<>();
    private @Nullable SqliteException lost;
  }
}
