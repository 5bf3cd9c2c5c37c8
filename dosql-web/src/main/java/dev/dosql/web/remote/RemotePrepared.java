package dev.dosql.web.remote;

import dev.dosql.Column;
import dev.dosql.PreparedSql;
import dev.dosql.Row;
import dev.dosql.RowStream;
import dev.dosql.RunResult;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A statement and where it is to be run. */
final class RemotePrepared implements PreparedSql {
  private final RemoteQueries queries;
  private final String sql;

  RemotePrepared(RemoteQueries queries, String sql) {
    this.queries = queries;
    this.sql = sql;
  }

  @Override
  public String sql() {
    return sql;
  }

  @Override
  public List<Column> columns() {
    return queries.columns(sql);
  }

  @Override
  public List<Row> all(@Nullable Object... params) {
    return queries.query(sql, params);
  }

  @Override
  public <T> List<T> all(Class<T> type, @Nullable Object... params) {
    return queries.query(type, sql, params);
  }

  @Override
  public Optional<Row> get(@Nullable Object... params) {
    return queries.queryOne(sql, params);
  }

  @Override
  public <T> Optional<T> get(Class<T> type, @Nullable Object... params) {
    return queries.queryOne(type, sql, params);
  }

  @Override
  public RunResult run(@Nullable Object... params) {
    return queries.run(sql, params);
  }

  @Override
  public RowStream<Row> iterate(@Nullable Object... params) {
    return queries.stream(sql, params);
  }

  @Override
  public <T> RowStream<T> iterate(Class<T> type, @Nullable Object... params) {
    return queries.stream(type, sql, params);
  }
}
