package dev.dosql.internal.session;

import dev.dosql.Column;
import dev.dosql.DB;
import dev.dosql.LimitExceededException;
import dev.dosql.Once;
import dev.dosql.RowStream;
import dev.dosql.RunResult;
import dev.dosql.Transaction;
import dev.dosql.TransactionEndedException;
import dev.dosql.TransactionScopeException;
import dev.dosql.TransactionWork;
import dev.dosql.internal.engine.OnceTable;
import dev.dosql.internal.engine.OnceTable.Kept;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.engine.Outcome;
import dev.dosql.internal.engine.Rows;
import dev.dosql.internal.engine.Shape;
import dev.dosql.internal.engine.StatementWatch;
import dev.dosql.internal.engine.TimeBound;
import dev.dosql.internal.engine.WriteStatements;
import dev.dosql.internal.engine.Writer;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A transaction, or a savepoint in one.
 *
 * <p>SQLite ends a whole transaction by itself after some errors. From then on a statement would be
 * a transaction of its own, so every one is refused, and the end is an error even if the work
 * swallowed the first.
 */
final class TenantTransaction extends AbstractQueries implements Transaction {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.writer");

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
      TenantDB db, OpenTenant tenant, Writer.Hold hold, TransactionWork<T, X> work) throws X {
    Shared shared = new Shared(db, tenant, hold);
    TenantTransaction tx = new TenantTransaction(db, tenant.writer(), shared, 0);
    tx.begin();
    tenant.watch(shared.timeBound);
    try {
      T result = work.run(tx);
      tx.commit();
      return result;
    } catch (Throwable e) {
      tx.rollback(e);
      throw e;
    } finally {
      tenant.unwatch(shared.timeBound);
    }
  }

  /**
   * Runs work in a transaction that also keeps its value, unless there is one; the caller holds the
   * writer.
   */
  static <T extends @Nullable Object, X extends Exception> Once<T> runOnce(
      TenantDB db,
      OpenTenant tenant,
      Writer.Hold hold,
      OnceRequest<T> request,
      TransactionWork<T, X> work)
      throws X {
    return TenantTransaction.<Once<T>, X>run(
        db, tenant, hold, tx -> ((TenantTransaction) tx).once(request, work));
  }

  private <T extends @Nullable Object, X extends Exception> Once<T> once(
      OnceRequest<T> request, TransactionWork<T, X> work) throws X {
    OnceTable table = own(() -> db.table(connection()));
    Optional<Kept> known = own(() -> table.find(request.key()));
    if (known.isPresent()) {
      return request.replay(known.get());
    }
    Kept kept = request.kept(work.run(this));
    Once<T> first = request.first(kept); // What could not be read back must not be committed.
    own(
        () -> {
          table.keep(request.key(), kept);
          return kept;
        });
    return first;
  }

  /** Runs statements of the library's own, unless SQLite has ended the transaction. */
  private <R> R own(Own<R> work) {
    enter();
    try {
      return work.run();
    } catch (SqliteException e) {
      throw SqliteErrors.translate(e, null, 0, db.name());
    } finally {
      exit();
    }
  }

  private void begin() {
    try {
      writer.begin(shared.timeBound::isOverdue);
    } catch (SqliteException e) {
      throw SqliteErrors.translate(e, null, 0, db.name());
    }
  }

  private void commit() {
    shared.timeBound.enter();
    try {
      end();
      checkNotLost();
      writer.commit();
      shared.timeBound.end();
    } catch (SqliteException e) {
      throw SqliteErrors.translate(e, null, 0, db.name());
    } finally {
      shared.timeBound.exit();
    }
  }

  private void rollback(Throwable reason) {
    if (!shared.timeBound.end()) {
      return; // That was done when the time was up.
    }
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
      shared.closeStreams();
    }
  }

  /** Begins a use; {@link #exit} ends it, unless this throws. */
  private void enter() {
    checkScope();
    shared.timeBound.enter();
    try {
      checkNotLost();
    } catch (TransactionEndedException e) {
      exit();
      throw e;
    }
  }

  private void exit() {
    shared.timeBound.exit();
  }

  private void checkScope() {
    if (Thread.currentThread() != shared.owner) {
      throw new TransactionScopeException(
          "transaction used by another thread: it is confined to the one that opened it (tenant="
              + db.name()
              + ")");
    }
    if (ended) {
      throw new TransactionEndedException("transaction has ended (tenant=" + db.name() + ")");
    }
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
    if (e.code() == SqliteException.INTERRUPT && shared.timeBound.isOverdue()) {
      return shared.timeBound.error();
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

  private SqliteConnection connection() throws SqliteException {
    return writer.connection();
  }

  private Bound bind(ParsedSql parsed, @Nullable Object @Nullable [] params) {
    return parsed.bind(params, instance().binder());
  }

  @Override
  <T> List<T> rows(Shape<T> shape, String sql, @Nullable Object @Nullable [] params, int max) {
    ParsedSql parsed = parse(sql);
    checkMayHaveRows(parsed);
    Bound bound = bind(parsed, params);
    enter();
    try {
      if (writes(parsed)) {
        return written(parsed, bound, max).as(shape, instance().values());
      }
      return Rows.all(
          connection(), bound, shape, instance().values(), writer::epoch, max, shared.watch);
    } catch (SqliteException e) {
      throw failed(e, parsed);
    } finally {
      exit();
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
      if (shared.lost == null) {
        savepoint("RELEASE ");
      }
      throw e;
    }
  }

  private Outcome execute(ParsedSql parsed, Bound bound, boolean wantsRows) throws SqliteException {
    if (parsed.changesSchema()) {
      writer.schemaChanging();
    }
    try {
      return WriteStatements.execute(
          connection(), parsed, bound, wantsRows, Integer.MAX_VALUE, shared.watch, writer::epoch);
    } catch (LimitExceededException e) {
      // The statement was ended inside SQLite, and the transaction with it.
      shared.lost = new SqliteException(SqliteException.INTERRUPT, "result too large", e);
      throw e;
    }
  }

  @Override
  public RunResult run(String sql, @Nullable Object... params) {
    ParsedSql parsed = parse(sql);
    checkHasNoRows(parsed);
    Bound bound = bind(parsed, params);
    enter();
    try {
      return execute(parsed, bound, false).result();
    } catch (SqliteException e) {
      throw failed(e, parsed);
    } finally {
      exit();
    }
  }

  @Override
  <T> RowStream<T> open(Shape<T> shape, String sql, @Nullable Object @Nullable [] params) {
    ParsedSql parsed = parse(sql);
    checkOnlyReads(parsed);
    Bound bound = bind(parsed, params);
    enter();
    try {
      StatementStream<T> stream =
          Streams.start(
              connection(),
              bound,
              shape,
              instance().values(),
              writer::epoch,
              shared.watch,
              new StreamScope(
                  shared.timeBound,
                  this::checkUse,
                  shared.streams::remove,
                  e -> failed(e, parsed)));
      if (stream.hasNext()) {
        shared.streams.add(stream);
      }
      return stream;
    } catch (SqliteException e) {
      throw failed(e, parsed);
    } finally {
      exit();
    }
  }

  private void checkUse() {
    checkScope();
    checkNotLost();
  }

  @Override
  List<Column> describe(String sql) {
    ParsedSql parsed = parse(sql);
    enter();
    try {
      return connection().describe(parsed.sqlForSqlite());
    } catch (SqliteException e) {
      throw failed(e, parsed);
    } finally {
      exit();
    }
  }

  @Override
  void runScript(List<ParsedSql> script) {
    useTransaction(tx -> ((TenantTransaction) tx).runEach(script));
  }

  /** Runs the statements of a script one after the other. */
  void runEach(List<ParsedSql> script) {
    for (ParsedSql parsed : script) {
      enter();
      try {
        if (parsed.changesSchema()) {
          writer.schemaChanging();
        }
        WriteStatements.drain(connection(), bind(parsed, new Object[0]), shared.watch);
      } catch (SqliteException e) {
        throw failed(e, parsed);
      } finally {
        exit();
      }
    }
  }

  @Override
  public <T extends @Nullable Object, X extends Exception> T transaction(TransactionWork<T, X> work)
      throws X {
    Objects.requireNonNull(work, "work");
    TenantTransaction inner = new TenantTransaction(db, writer, shared, depth + 1);
    inUse(() -> savepoint("SAVEPOINT "));
    try {
      T result = work.run(inner);
      inner.end();
      inUse(() -> savepoint("RELEASE "));
      return result;
    } catch (Throwable e) {
      inner.end();
      undo(e);
      throw e;
    }
  }

  private void undo(Throwable reason) {
    if (shared.lost != null || shared.timeBound.isExpired()) {
      return;
    }
    try {
      inUse(
          () -> {
            savepoint("ROLLBACK TO ");
            savepoint("RELEASE ");
          });
    } catch (RuntimeException e) {
      reason.addSuppressed(e);
    }
  }

  private void inUse(Runnable work) {
    enter();
    try {
      work.run();
    } finally {
      exit();
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

  @FunctionalInterface
  private interface Own<R> {
    R run() throws SqliteException;
  }

  /** What a transaction and its savepoints have in common. */
  private static final class Shared implements TimeBound.Held {
    private final Thread owner = Thread.currentThread();
    private final Set<StatementStream<?>> streams = ConcurrentHashMap.newKeySet();
    private final Writer writer;
    private final Writer.Hold hold;
    private final StatementWatch watch;
    private final TimeBound timeBound;
    private @Nullable SqliteException lost;

    Shared(TenantDB db, OpenTenant tenant, Writer.Hold hold) {
      this.writer = tenant.writer();
      this.watch = tenant.watch();
      this.hold = hold;
      Duration limit = db.instance().options().limits().transactionTimeout();
      this.timeBound = new TimeBound("transaction", limit, db.name(), this);
    }

    void closeStreams() {
      streams.forEach(StatementStream::close);
    }

    @Override
    public void takeBack() {
      closeStreams();
      try {
        writer.rollback();
      } catch (SqliteException e) {
        log.warn("transaction could not be undone: the tenant is reopened", e);
      }
    }

    @Override
    public void afterwards() {
      hold.abandon();
    }
  }
}
