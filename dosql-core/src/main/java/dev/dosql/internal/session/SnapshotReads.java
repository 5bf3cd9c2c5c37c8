package dev.dosql.internal.session;

import dev.dosql.RowStream;
import dev.dosql.TransactionEndedException;
import dev.dosql.TransactionScopeException;
import dev.dosql.internal.engine.Reader;
import dev.dosql.internal.engine.Rows;
import dev.dosql.internal.engine.Shape;
import dev.dosql.internal.sql.Bound;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads of one snapshot, which end with it. Confined to the thread that opened it. */
final class SnapshotReads extends AbstractReads {
  private final TenantDB db;
  private final Reader reader;
  private final Thread owner = Thread.currentThread();
  private final Set<StatementStream<?>> streams = new HashSet<>();
  private boolean ended;

  SnapshotReads(TenantDB db, Reader reader) {
    this.db = db;
    this.reader = reader;
  }

  /** Ends the streams and refuses further use. */
  void end() {
    ended = true;
    Set.copyOf(streams).forEach(StatementStream::close);
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

  private ParsedSql parse(String sql) {
    check();
    ParsedSql parsed = db.parse(sql);
    AbstractQueries.checkOnlyReads(parsed);
    return parsed;
  }

  private RuntimeException failed(SqliteException e, ParsedSql parsed) {
    return SqliteErrors.translate(e, parsed.sql(), 0, db.name());
  }

  @Override
  <T> List<T> rows(Shape<T> shape, String sql, @Nullable Object @Nullable [] params, int max) {
    ParsedSql parsed = parse(sql);
    Bound bound = parsed.bind(params, db.instance().binder());
    try {
      return Rows.all(reader.connection(), bound, shape, db.instance().values(), reader, max);
    } catch (SqliteException e) {
      throw failed(e, parsed);
    }
  }

  @Override
  <T> RowStream<T> open(Shape<T> shape, String sql, @Nullable Object @Nullable [] params) {
    ParsedSql parsed = parse(sql);
    Bound bound = parsed.bind(params, db.instance().binder());
    try {
      StatementStream<T> stream =
          Streams.start(
              reader.connection().prepare(bound.sql()),
              bound,
              shape,
              db.instance().values(),
              reader,
              new StreamScope(this::check, streams, e -> failed(e, parsed)));
      if (stream.hasNext()) {
        streams.add(stream);
      }
      return stream;
    } catch (SqliteException e) {
      throw failed(e, parsed);
    }
  }
}
