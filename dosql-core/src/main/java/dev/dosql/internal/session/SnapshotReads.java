package dev.dosql.internal.session;

import dev.dosql.RowStream;
import dev.dosql.TransactionEndedException;
import dev.dosql.TransactionScopeException;
import dev.dosql.internal.engine.Reader;
import dev.dosql.internal.engine.Rows;
import dev.dosql.internal.engine.Shape;
import dev.dosql.internal.engine.StatementWatch;
import dev.dosql.internal.engine.TimeBound;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Reads of one snapshot, which end with it. Confined to the thread that opened it. */
final class SnapshotReads extends AbstractReads {
  private final TenantDB db;
  private final Reader reader;
  private final Thread owner = Thread.currentThread();
  private final Set<StatementStream<?>> streams = ConcurrentHashMap.newKeySet();
  private final TimeBound timeBound;
  private final StatementWatch watch;
  private boolean ended;

  SnapshotReads(TenantDB db, Reader reader, TimeBound timeBound, StatementWatch watch) {
    this.db = db;
    this.reader = reader;
    this.timeBound = timeBound;
    this.watch = watch;
  }

  /** Ends the streams and refuses further use. */
  void end() {
    ended = true;
    streams.forEach(StatementStream::close);
  }

  private void check() {
    if (Thread.currentThread() != owner) {
      throw new TransactionScopeException(
          "snapshot used by another thread: it is confined to the one that opened it (tenant="
              + db.name()
              + ")");
    }
    if (ended) {
      throw new TransactionEndedException("snapshot has ended (tenant=" + db.name() + ")");
    }
  }

  private void closed(StatementStream<?> stream) {
    streams.remove(stream);
    reader.streamClosed(stream);
  }

  private void enter() {
    check();
    timeBound.enter();
  }

  private ParsedSql parse(String sql) {
    ParsedSql parsed = db.parse(sql);
    AbstractQueries.checkOnlyReads(parsed);
    return parsed;
  }

  private RuntimeException failed(SqliteException e, ParsedSql parsed) {
    if (e.code() == SqliteException.INTERRUPT && timeBound.isOverdue()) {
      return timeBound.error();
    }
    return SqliteErrors.translate(e, parsed.sql(), 0, db.name());
  }

  @Override
  <T> List<T> rows(Shape<T> shape, String sql, @Nullable Object @Nullable [] params, int max) {
    ParsedSql parsed = parse(sql);
    Bound bound = parsed.bind(params, db.instance().binder());
    enter();
    try {
      return Rows.all(
          reader.connection(), bound, shape, db.instance().values(), reader, max, watch);
    } catch (SqliteException e) {
      throw failed(e, parsed);
    } finally {
      timeBound.exit();
    }
  }

  @Override
  <T> RowStream<T> open(Shape<T> shape, String sql, @Nullable Object @Nullable [] params) {
    ParsedSql parsed = parse(sql);
    Bound bound = parsed.bind(params, db.instance().binder());
    enter();
    try {
      StatementStream<T> stream =
          Streams.start(
              reader.connection(),
              bound,
              shape,
              db.instance().values(),
              reader,
              watch,
              new StreamScope(timeBound, this::check, this::closed, e -> failed(e, parsed)));
      if (stream.hasNext()) {
        streams.add(stream);
        reader.streamOpened(stream);
      }
      return stream;
    } catch (SqliteException e) {
      throw failed(e, parsed);
    } finally {
      timeBound.exit();
    }
  }
}
