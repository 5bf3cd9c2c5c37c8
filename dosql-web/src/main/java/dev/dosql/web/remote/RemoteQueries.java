package dev.dosql.web.remote;

import dev.dosql.BatchResult;
import dev.dosql.Column;
import dev.dosql.PreparedSql;
import dev.dosql.Queries;
import dev.dosql.Row;
import dev.dosql.RowMapper;
import dev.dosql.RowStream;
import dev.dosql.RunResult;
import dev.dosql.TransactionAction;
import dev.dosql.internal.remote.RemoteStatements;
import dev.dosql.internal.remote.RemoteValues;
import dev.dosql.internal.remote.RemoteValues.Parameters;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a remote database and its transactions have in common: all but where a call goes. */
abstract class RemoteQueries implements Queries {
  private final RemoteStatements statements;
  private final RemoteValues values;

  RemoteQueries(RemoteStatements statements, RemoteValues values) {
    this.statements = statements;
    this.values = values;
  }

  final RemoteStatements statements() {
    return statements;
  }

  final RemoteValues values() {
    return values;
  }

  /**
   * Makes a call.
   *
   * @param mayWrite whether it may leave something in the database
   */
  abstract Map<?, ?> call(String path, Map<String, @Nullable Object> body, boolean mayWrite);

  /** What a stream that is opened now ends with. */
  abstract RemoteStream.Scope scope();

  // ---- rows

  @Override
  public final List<Row> query(String sql, @Nullable Object... params) {
    return all(Row.class, sql, params);
  }

  @Override
  public final <T> List<T> query(Class<T> type, String sql, @Nullable Object... params) {
    return all(Objects.requireNonNull(type, "type"), sql, params);
  }

  @Override
  public final <T> List<T> query(RowMapper<T> mapper, String sql, @Nullable Object... params) {
    Objects.requireNonNull(mapper, "mapper");
    List<Row> rows = all(Row.class, sql, params);
    List<T> mapped = new ArrayList<>(rows.size());
    rows.forEach(row -> mapped.add(mapper.map(row)));
    return Collections.unmodifiableList(mapped);
  }

  private <T> List<T> all(Class<T> type, String sql, @Nullable Object @Nullable [] params) {
    return RemoteRows.of(callFor("/query", sql, params, false)).as(type, values);
  }

  @Override
  public final Optional<Row> queryOne(String sql, @Nullable Object... params) {
    return only(Row.class, sql, params);
  }

  @Override
  public final <T> Optional<T> queryOne(Class<T> type, String sql, @Nullable Object... params) {
    return only(Objects.requireNonNull(type, "type"), sql, params);
  }

  @Override
  public final <T> Optional<T> queryOne(
      RowMapper<T> mapper, String sql, @Nullable Object... params) {
    Objects.requireNonNull(mapper, "mapper");
    return only(Row.class, sql, params).map(mapper::map);
  }

  private <T> Optional<T> only(Class<T> type, String sql, @Nullable Object @Nullable [] params) {
    List<T> rows = RemoteRows.of(callFor("/queryOne", sql, params, false)).as(type, values);
    return rows.isEmpty() ? Optional.empty() : Optional.ofNullable(rows.get(0));
  }

  @Override
  public final RowStream<Row> stream(String sql, @Nullable Object... params) {
    return open(Row.class, sql, params);
  }

  @Override
  public final <T> RowStream<T> stream(Class<T> type, String sql, @Nullable Object... params) {
    return open(Objects.requireNonNull(type, "type"), sql, params);
  }

  @Override
  public final <T> RowStream<T> stream(
      RowMapper<T> mapper, String sql, @Nullable Object... params) {
    Objects.requireNonNull(mapper, "mapper");
    RemoteRows rows = RemoteRows.of(callFor("/query", sql, params, true));
    Function<@Nullable Object[], Row> reader = values.reader(Row.class, rows.columns());
    return new RemoteStream<>(rows.rows(), row -> mapper.map(reader.apply(row)), scope());
  }

  private <T> RowStream<T> open(Class<T> type, String sql, @Nullable Object @Nullable [] params) {
    RemoteRows rows = RemoteRows.of(callFor("/query", sql, params, true));
    return new RemoteStream<>(rows.rows(), values.reader(type, rows.columns()), scope());
  }

  private Map<?, ?> callFor(
      String path, String sql, @Nullable Object @Nullable [] params, boolean stream) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("sql", Objects.requireNonNull(sql, "sql"));
    put(body, values.parameters(sql, params));
    if (stream) {
      body.put("stream", true);
    }
    return call(path, body, !stream && !statements.onlyReads(sql));
  }

  private static void put(Map<String, @Nullable Object> body, Parameters params) {
    body.put("params", Wire.exactAll(params.values()));
    if (params.array()) {
      body.put("given", "array");
    } else if (params.record()) {
      body.put("given", "record");
    }
  }

  // ---- the rest

  @Override
  public final RunResult run(String sql, @Nullable Object... params) {
    Map<?, ?> answer = callFor("/run", sql, params, false);
    return new RunResult(number(answer, "changes"), number(answer, "lastInsertRowid"));
  }

  private static long number(Map<?, ?> answer, String member) {
    if (RemoteRows.value(answer.get(member)) instanceof Long number) {
      return number;
    }
    throw RemoteRows.unreadable();
  }

  @Override
  public final BatchResult batch(String sql, Iterable<?> each) {
    Objects.requireNonNull(each, "each");
    List<@Nullable Object> runs = new ArrayList<>();
    for (Object run : each) {
      Map<String, @Nullable Object> params = new LinkedHashMap<>();
      put(params, values.parameters(sql, parameters(run)));
      runs.add(params);
    }
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("sql", Objects.requireNonNull(sql, "sql"));
    body.put("each", runs);
    Map<?, ?> answer = call("/batch", body, true);
    return new BatchResult(
        number(answer, "executions"), number(answer, "changes"), number(answer, "lastInsertRowid"));
  }

  private static @Nullable Object[] parameters(@Nullable Object each) {
    if (each instanceof Object[] values) {
      return values;
    }
    return each instanceof List<?> values ? values.toArray() : new Object[] {each};
  }

  @Override
  public final void exec(String script) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("script", Objects.requireNonNull(script, "script"));
    call("/exec", body, true);
  }

  @Override
  public final PreparedSql prepare(String sql) {
    columns(sql);
    return new RemotePrepared(this, sql);
  }

  final List<Column> columns(String sql) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("sql", Objects.requireNonNull(sql, "sql"));
    if (call("/columns", body, false).get("columns") instanceof List<?> columns) {
      return columns.stream().map(RemoteQueries::column).toList();
    }
    throw RemoteRows.unreadable();
  }

  private static Column column(Object json) {
    if (json instanceof Map<?, ?> column && column.get("name") instanceof String name) {
      return new Column(name, text(column, "table"), text(column, "declaredType"));
    }
    throw RemoteRows.unreadable();
  }

  private static Optional<String> text(Map<?, ?> json, String member) {
    return json.get(member) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  @Override
  public final <X extends Exception> void useTransaction(TransactionAction<X> work) throws X {
    Objects.requireNonNull(work, "work");
    this.<@Nullable Object, X>transaction(
        tx -> {
          work.run(tx);
          return null;
        });
  }
}
