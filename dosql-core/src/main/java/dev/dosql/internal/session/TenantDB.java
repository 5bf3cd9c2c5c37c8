package dev.dosql.internal.session;

import dev.dosql.Bookmark;
import dev.dosql.Column;
import dev.dosql.DB;
import dev.dosql.DatabaseClosedException;
import dev.dosql.FencedException;
import dev.dosql.HistoryNotConfiguredException;
import dev.dosql.Once;
import dev.dosql.ReadWork;
import dev.dosql.RowStream;
import dev.dosql.RunResult;
import dev.dosql.TransactionWork;
import dev.dosql.internal.engine.ForeignWait;
import dev.dosql.internal.engine.Integrity;
import dev.dosql.internal.engine.OnceTable;
import dev.dosql.internal.engine.OnceTable.Kept;
import dev.dosql.internal.engine.OpenTenant;
import dev.dosql.internal.engine.Outcome;
import dev.dosql.internal.engine.Reader;
import dev.dosql.internal.engine.Rows;
import dev.dosql.internal.engine.Shape;
import dev.dosql.internal.engine.TimeBound;
import dev.dosql.internal.engine.Writer;
import dev.dosql.internal.files.FileErrors;
import dev.dosql.internal.jdbc.TenantDataSource;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.tenant.FileExport;
import dev.dosql.internal.tenant.Instance;
import dev.dosql.internal.tenant.TenantName;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.ship.TenantShipping;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A handle: a name, and the instance that knows it. Each call pins the tenant, which opens it if it
 * was evicted, and lets it go.
 */
public final class TenantDB extends AbstractQueries implements DB {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.tenant");

  private static final Duration FOREVER = Duration.ofDays(36_525);

  private final String name;
  private final boolean mayCreate;
  private final boolean visiting;
  private final Runnable onClose;
  private final DataSource dataSource;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Makes a handle.
   *
   * @param onClose run once, when it is closed
   */
  public TenantDB(Instance instance, TenantName name, Runnable onClose) {
    this(instance, name, instance.options().createIfMissing(), false, onClose);
  }

  private TenantDB(
      Instance instance, TenantName name, boolean mayCreate, boolean visiting, Runnable onClose) {
    super(instance);
    this.name = name.text();
    this.mayCreate = mayCreate;
    this.visiting = visiting;
    this.onClose = onClose;
    this.dataSource = new TenantDataSource(this.name, this::acquire, instance.jdbc());
  }

  /** A handle for a visit: it never creates its tenant, and for it none is evicted. */
  public static TenantDB visiting(Instance instance, TenantName name) {
    return new TenantDB(instance, name, false, true, () -> {});
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DataSource dataSource() {
    return dataSource;
  }

  /** The tenant, pinned, for a call that is no part of a transaction of it on this thread. */
  private OpenTenant acquire() {
    if (closed.get()) {
      throw new DatabaseClosedException("handle is closed (tenant=" + name + ")");
    }
    OpenTenant tenant =
        visiting ? instance().acquireForVisit(name) : instance().acquire(name, mayCreate);
    if (tenant.writer().isEnteredByThisThread()) {
      tenant.unpin();
      throw tenant.writer().ownTransaction();
    }
    return tenant;
  }

  private RuntimeException translate(SqliteException e, @Nullable ParsedSql parsed) {
    String sql = parsed == null ? null : parsed.sql();
    return SqliteErrors.translate(e, sql, 0, name);
  }

  @Override
  <T> List<T> rows(Shape<T> shape, String sql, @Nullable Object @Nullable [] params, int max) {
    ParsedSql parsed = parse(sql);
    checkMayHaveRows(parsed);
    Bound bound = parsed.bind(params, instance().binder());
    if (writes(parsed)) {
      return write(parsed, bound, true, max).as(shape, instance().values());
    }
    OpenTenant tenant = acquire();
    try {
      return reading(
          tenant,
          parsed,
          reader ->
              Rows.all(
                  reader.connection(),
                  bound,
                  shape,
                  instance().values(),
                  reader,
                  max,
                  tenant.watch()));
    } finally {
      tenant.unpin();
    }
  }

  @Override
  public RunResult run(String sql, @Nullable Object... params) {
    ParsedSql parsed = parse(sql);
    checkHasNoRows(parsed);
    Bound bound = parsed.bind(params, instance().binder());
    return write(parsed, bound, false, Integer.MAX_VALUE).result();
  }

  private Outcome write(ParsedSql parsed, Bound bound, boolean wantsRows, int max) {
    OpenTenant tenant = acquire();
    try {
      return tenant.writer().execute(parsed, bound, wantsRows, max);
    } catch (SqliteException e) {
      throw translate(e, parsed);
    } finally {
      tenant.unpin();
    }
  }

  private <T> T reading(OpenTenant tenant, @Nullable ParsedSql parsed, Reading<T> work) {
    Reader reader = borrow(tenant);
    try {
      TimeBound snapshot = reader.timeBound();
      return snapshot == null
          ? untilFree(() -> work.run(reader))
          : readingSnapshot(snapshot, reader, work);
    } catch (SqliteException e) {
      throw translate(e, parsed);
    } finally {
      tenant.readers().release(reader);
    }
  }

  private static <T> T readingSnapshot(TimeBound snapshot, Reader reader, Reading<T> work)
      throws SqliteException {
    snapshot.enter();
    try {
      return work.run(reader);
    } catch (SqliteException e) {
      if (snapshot.isOverdue()) {
        throw snapshot.error();
      }
      throw e;
    } finally {
      snapshot.exit();
    }
  }

  private <T> T untilFree(ForeignWait.Attempt<T> attempt) throws SqliteException {
    return ForeignWait.untilFree(attempt, instance().options().writeLockTimeout());
  }

  @Override
  <T> RowStream<T> open(Shape<T> shape, String sql, @Nullable Object @Nullable [] params) {
    ParsedSql parsed = parse(sql);
    checkOnlyReads(parsed);
    Bound bound = parsed.bind(params, instance().binder());
    OpenTenant tenant = acquire();
    try {
      Reader reader = tenant.readers().acquireForStream();
      try {
        return start(tenant, reader, parsed, bound, shape);
      } catch (SqliteException | RuntimeException | Error e) {
        tenant.readers().release(reader);
        throw e;
      }
    } catch (SqliteException e) {
      tenant.unpin();
      throw translate(e, parsed);
    } catch (RuntimeException | Error e) {
      tenant.unpin();
      throw e;
    }
  }

  private <T> RowStream<T> start(
      OpenTenant tenant, Reader reader, ParsedSql parsed, Bound bound, Shape<T> shape)
      throws SqliteException {
    StreamOwner owner = new StreamOwner(tenant, reader, parsed);
    owner.enter();
    try {
      StatementStream<T> stream =
          untilFree(
              () ->
                  Streams.start(
                      reader.connection(),
                      bound,
                      shape,
                      instance().values(),
                      reader,
                      tenant.watch(),
                      owner));
      if (stream.hasNext()) {
        owner.opened(stream);
      }
      return stream;
    } finally {
      owner.exit();
    }
  }

  @Override
  public <T extends @Nullable Object, X extends Exception> T read(ReadWork<T, X> work) throws X {
    Objects.requireNonNull(work, "work");
    OpenTenant tenant = acquire();
    try {
      Reader reader = borrow(tenant);
      try {
        TimeBound outer = reader.timeBound();
        return outer == null
            ? readOutermost(tenant, reader, work)
            : read(tenant, reader, outer, work);
      } finally {
        tenant.readers().release(reader);
      }
    } finally {
      tenant.unpin();
    }
  }

  private <T extends @Nullable Object, X extends Exception> T readOutermost(
      OpenTenant tenant, Reader reader, ReadWork<T, X> work) throws X {
    begin(reader);
    TimeBound timeBound =
        new TimeBound("snapshot", transactionTimeout(), name, () -> endQuietly(reader));
    reader.limitTime(timeBound);
    tenant.watch(timeBound);
    try {
      return read(tenant, reader, timeBound, work);
    } finally {
      tenant.unwatch(timeBound);
      if (timeBound.end()) {
        end(reader);
      }
    }
  }

  private <T extends @Nullable Object, X extends Exception> T read(
      OpenTenant tenant, Reader reader, TimeBound timeBound, ReadWork<T, X> work) throws X {
    SnapshotReads reads = new SnapshotReads(this, reader, timeBound, tenant.watch());
    try {
      return work.run(reads);
    } finally {
      reads.end();
    }
  }

  private Duration transactionTimeout() {
    return instance().options().limits().transactionTimeout();
  }

  private Reader borrow(OpenTenant tenant) {
    try {
      return tenant.readers().acquire();
    } catch (SqliteException e) {
      throw translate(e, null);
    }
  }

  private void begin(Reader reader) {
    try {
      untilFree(
          () -> {
            reader.beginSnapshot();
            return reader;
          });
    } catch (SqliteException e) {
      throw translate(e, null);
    }
  }

  private void end(Reader reader) {
    try {
      reader.endSnapshot();
    } catch (SqliteException e) {
      throw translate(e, null);
    }
  }

  private void endQuietly(Reader reader) {
    try {
      reader.endSnapshot();
    } catch (SqliteException e) {
      log.warn("snapshot was not ended cleanly (tenant={})", name, e);
    }
  }

  @Override
  List<Column> describe(String sql) {
    ParsedSql parsed = parse(sql);
    OpenTenant tenant = acquire();
    try {
      return reading(tenant, parsed, reader -> reader.connection().describe(parsed.sqlForSqlite()));
    } finally {
      tenant.unpin();
    }
  }

  @Override
  void runScript(List<ParsedSql> script) {
    useTransaction(tx -> ((TenantTransaction) tx).runEach(script));
  }

  @Override
  public <T extends @Nullable Object, X extends Exception> T transaction(TransactionWork<T, X> work)
      throws X {
    Objects.requireNonNull(work, "work");
    OpenTenant tenant = acquire();
    try {
      return tenant.writer().hold(hold -> TenantTransaction.<T, X>run(this, tenant, hold, work));
    } finally {
      tenant.unpin();
    }
  }

  @Override
  public <T extends @Nullable Object, X extends Exception> Once<T> once(
      String key, Class<T> type, TransactionWork<T, X> work) throws X {
    return once(request(key, null, type), work);
  }

  @Override
  public <T extends @Nullable Object, X extends Exception> Once<T> once(
      String key, String fingerprint, Class<T> type, TransactionWork<T, X> work) throws X {
    return once(request(key, OnceRequest.fingerprint(fingerprint, name), type), work);
  }

  @Override
  public <T extends @Nullable Object, X extends Exception> Once<T> once(
      String key, byte[] fingerprint, Class<T> type, TransactionWork<T, X> work) throws X {
    Objects.requireNonNull(fingerprint, "fingerprint");
    return once(request(key, fingerprint, type), work);
  }

  private <T extends @Nullable Object> OnceRequest<T> request(
      String key, byte @Nullable [] fingerprint, Class<T> type) {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(type, "type");
    return new OnceRequest<>(key, fingerprint, instance().values().encoding(type), name);
  }

  private <T extends @Nullable Object, X extends Exception> Once<T> once(
      OnceRequest<T> request, TransactionWork<T, X> work) throws X {
    Objects.requireNonNull(work, "work");
    OpenTenant tenant = acquire();
    try {
      Writer writer = tenant.writer();
      writer.checkScope();
      Optional<Kept> kept =
          reading(tenant, null, reader -> table(reader.connection()).find(request.key()));
      if (kept.isPresent() && writer.awaitSeen()) {
        return request.replay(kept.get());
      }
      return writer.hold(hold -> TenantTransaction.runOnce(this, tenant, hold, request, work));
    } finally {
      tenant.unpin();
    }
  }

  @Override
  public Bookmark bookmark() {
    OpenTenant tenant = acquire();
    try {
      TenantShipping shipping = shipping(tenant);
      Position position = tenant.writer().hold(hold -> shipping.mark());
      return new Bookmark(position.lineage(), position.txid());
    } catch (IOException e) {
      throw FileErrors.writing("history cannot be written", e, "tenant=" + name);
    } finally {
      tenant.unpin();
    }
  }

  @Override
  public void awaitDurable(Bookmark bookmark, Duration timeout) {
    Objects.requireNonNull(bookmark, "bookmark");
    OpenTenant tenant = acquire();
    try {
      tenant.writer().checkScope();
      TenantShipping shipping = shipping(tenant);
      if (!shipping.awaitConfirmed(bookmark.lineage(), bookmark.txid(), timeout)) {
        IOException fence = shipping.fence();
        throw fence != null
            ? taken(bookmark, fence)
            : tenant.writer().notConfirmed(bookmark, timeout);
      }
    } finally {
      tenant.unpin();
    }
  }

  private FencedException taken(Bookmark bookmark, IOException fence) {
    return new FencedException(
        "commit was not confirmed: another process owns the tenant in the bucket (tenant="
            + name
            + ", bookmark="
            + bookmark
            + ")",
        fence);
  }

  private TenantShipping shipping(OpenTenant tenant) {
    TenantShipping shipping = tenant.writer().shipping();
    if (shipping == null) {
      throw new HistoryNotConfiguredException(
          "tenant has no history: needed DBOptions.cold (tenant=" + name + ")");
    }
    return shipping;
  }

  @Override
  public void exportTo(Path file) {
    try (FileExport export = FileExport.of(name, file, instance().directory())) {
      snapshot(
          reader -> {
            checkNotInterrupted(); // The copying itself cannot be ended.
            export.copy(reader.connection());
            return export;
          });
      export.publish();
    }
  }

  private static void checkNotInterrupted() throws SqliteException {
    if (Thread.currentThread().isInterrupted()) {
      throw new SqliteException(SqliteException.INTERRUPT, "interrupted");
    }
  }

  @Override
  public List<String> integrityCheck() {
    return snapshot(this::problems);
  }

  /** Reads the whole file, which may take longer than a statement may. */
  private List<String> problems(Reader reader) throws SqliteException {
    reader.connection().limitTime(FOREVER);
    try {
      return List.copyOf(Integrity.problems(reader.connection()));
    } finally {
      reader.connection().limitTime(instance().options().limits().statementTimeout());
    }
  }

  /** Does something with a reader and one snapshot: the thread's own, if it has one. */
  private <T> T snapshot(Reading<T> work) {
    OpenTenant tenant = acquire();
    try {
      Reader reader = borrow(tenant);
      try {
        TimeBound outer = reader.timeBound();
        return outer == null ? inSnapshot(reader, work) : readingSnapshot(outer, reader, work);
      } catch (SqliteException e) {
        throw translate(e, null);
      } finally {
        tenant.readers().release(reader);
      }
    } finally {
      tenant.unpin();
    }
  }

  /** The tenant's keys, as one call sees them. */
  OnceTable table(SqliteConnection connection) {
    return new OnceTable(connection, instance().clock(), instance().options().onceRetention());
  }

  private <T> T inSnapshot(Reader reader, Reading<T> work) throws SqliteException {
    begin(reader);
    try {
      return work.run(reader);
    } finally {
      end(reader);
    }
  }

  @Override
  public void vacuum() {
    maintain(Writer::vacuum);
  }

  @Override
  public void optimize() {
    maintain(Writer::optimize);
  }

  private void maintain(Maintenance work) {
    OpenTenant tenant = acquire();
    try {
      tenant
          .writer()
          .<@Nullable Void, SqliteException>hold(
              hold -> {
                work.run(tenant.writer());
                return null;
              });
    } catch (SqliteException e) {
      throw translate(e, null);
    } finally {
      tenant.unpin();
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      onClose.run();
    }
  }

  @Override
  public String toString() {
    return "DB[" + name + "]";
  }

  @FunctionalInterface
  private interface Reading<T> {
    T run(Reader reader) throws SqliteException;
  }

  @FunctionalInterface
  private interface Maintenance {
    void run(Writer writer) throws SqliteException;
  }

  /**
   * Keeps the tenant and the reader for as long as a stream is open. Inside a snapshot that is not
   * longer than the snapshot, which has a time of its own.
   */
  private final class StreamOwner implements StatementStream.Owner, TimeBound.Held {
    private final OpenTenant tenant;
    private final Reader reader;
    private final ParsedSql parsed;
    private final TimeBound timeBound;
    private final boolean ownTime;
    private @Nullable StatementStream<?> stream;

    StreamOwner(OpenTenant tenant, Reader reader, ParsedSql parsed) {
      this.tenant = tenant;
      this.reader = reader;
      this.parsed = parsed;
      TimeBound snapshot = reader.timeBound();
      this.ownTime = snapshot == null;
      this.timeBound =
          snapshot == null ? new TimeBound("stream", transactionTimeout(), name, this) : snapshot;
    }

    /** Begins to watch its time. */
    void opened(StatementStream<?> opened) {
      stream = opened;
      reader.streamOpened(opened);
      if (ownTime) {
        reader.limitTime(timeBound);
        tenant.watch(timeBound);
      }
    }

    @Override
    public void enter() {
      timeBound.enter();
      reader.runBy(Thread.currentThread());
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
    public void takeBack() {
      StatementStream<?> open = stream;
      if (open != null) {
        open.close();
      }
    }

    @Override
    public void closed(StatementStream<?> closed) {
      if (ownTime) {
        tenant.unwatch(timeBound);
      }
      reader.streamClosed(closed);
      tenant.readers().release(reader);
      tenant.unpin();
    }

    @Override
    public RuntimeException translate(SqliteException e) {
      boolean overdue = e.code() == SqliteException.INTERRUPT && timeBound.isOverdue();
      return overdue ? timeBound.error() : TenantDB.this.translate(e, parsed);
    }
  }
}
