package dev.dosql.web.remote;

import dev.dosql.BatchResult;
import dev.dosql.Column;
import dev.dosql.LimitExceededException;
import dev.dosql.Queries;
import dev.dosql.Row;
import dev.dosql.RowStream;
import dev.dosql.RunResult;
import dev.dosql.StatementException;
import dev.dosql.TooManyRowsException;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sql.Verb;
import dev.dosql.web.WebException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the paths of the endpoint do with a database or a transaction. An answer is made before a
 * write is committed, so that a client never learns from an error what was done all the same.
 *
 * @param allowed the SQL that may be run by its text or name; null for all
 * @param rowsMax how many rows an answer may have
 * @param bytesMax how many bytes an answer may have, roughly
 */
record Calls(@Nullable Map<String, String> allowed, int rowsMax, long bytesMax) {
  /** Does one call; {@code body} is what the client sent. */
  Object call(Queries on, String path, Map<?, ?> body, boolean exact) {
    return switch (path) {
      case "/query" -> rows(on, sql(body, "sql"), params(body, exact), exact, rowsMax);
      case "/queryOne" -> row(on, sql(body, "sql"), params(body, exact), exact);
      case "/run" -> run(on, sql(body, "sql"), params(body, exact), exact);
      case "/batch" -> batch(on, body, exact);
      case "/exec" -> exec(on, body);
      case "/columns" -> columns(on, body);
      default -> throw WebException.notFound("nothing at this path");
    };
  }

  /** The guide's operations, one after the other, all or nothing. */
  Object operations(Queries on, Map<?, ?> body, boolean exact) {
    if (!(body.get("operations") instanceof List<?> operations)) {
      throw WebException.badRequest("operations must be a list");
    }
    return on.transaction(
        tx -> {
          List<@Nullable Object> results = new ArrayList<>();
          for (Object each : operations) {
            results.add(operation(tx, RemoteServer.object(each), exact));
          }
          return Map.of("results", results);
        });
  }

  private @Nullable Object operation(Queries tx, Map<?, ?> operation, boolean exact) {
    String sql = sql(operation, "sql");
    @Nullable Object[] params = params(operation, exact);
    Object type = operation.get("type");
    if ("query".equals(type)) {
      Map<String, @Nullable Object> answer = rows(tx, sql, params, exact, rowsMax);
      return exact ? answer : answer.get("rows");
    }
    if ("queryOne".equals(type)) {
      Map<String, @Nullable Object> answer = row(tx, sql, params, exact);
      return exact ? answer : answer.get("row");
    }
    if ("run".equals(type)) {
      return run(tx, sql, params, exact);
    }
    throw WebException.badRequest("type of an operation must be query, queryOne or run");
  }

  private String sql(Map<?, ?> body, String member) {
    if (!(body.get(member) instanceof String text)) {
      throw WebException.badRequest(member + " must be a text");
    }
    String sql = allowed == null ? text : allowed.get(text);
    if (sql == null) {
      throw new StatementException(
          "SQL refused: not among the statements that this endpoint allows", text, -1, 0, null);
    }
    return sql;
  }

  private @Nullable Object[] params(Map<?, ?> body, boolean exact) {
    return parameters(body.get("params"), body, exact);
  }

  private @Nullable Object[] parameters(@Nullable Object params, Map<?, ?> body, boolean exact) {
    if (params == null) {
      return new Object[0];
    }
    if (params instanceof List<?> list) {
      return list.stream().map(each -> parameter(each, exact)).toArray();
    }
    if (params instanceof Map<?, ?> names) {
      Map<String, @Nullable Object> named = new LinkedHashMap<>();
      names.forEach((name, each) -> named.put((String) name, parameter(each, exact)));
      if (Boolean.TRUE.equals(body.get("record"))) {
        named.keySet().retainAll(ParsedSql.parse(sql(body, "sql")).parameterNames());
      }
      return new Object[] {named};
    }
    throw WebException.badRequest("params must be a list or an object");
  }

  private static @Nullable Object parameter(@Nullable Object json, boolean exact) {
    if (json instanceof List<?> list) {
      return list.stream().map(each -> value(each, exact)).toList();
    }
    return value(json, exact);
  }

  private static @Nullable Object value(@Nullable Object json, boolean exact) {
    return exact ? Wire.fromExact(json) : Wire.fromPlain(json);
  }

  // ---- rows

  private Map<String, @Nullable Object> rows(
      Queries on, String sql, @Nullable Object[] params, boolean exact, int max) {
    if (!writes(sql)) {
      try (RowStream<Row> rows = on.stream(sql, params)) {
        return collect(rows, exact, max, () -> on.prepare(sql).columns());
      }
    }
    return on.transaction(
        tx -> {
          List<Row> rows = tx.query(sql, params);
          return collect(rows.iterator(), exact, max, () -> tx.prepare(sql).columns());
        });
  }

  private Map<String, @Nullable Object> row(
      Queries on, String sql, @Nullable Object[] params, boolean exact) {
    if (!writes(sql)) {
      try (RowStream<Row> rows = on.stream(sql, params)) {
        return only(collect(rows, exact, 2, () -> on.prepare(sql).columns()), exact);
      } catch (LimitExceededException e) {
        if (e.limit().equals("rowsMax")) {
          throw new TooManyRowsException("more than one row seen, at most one needed", e);
        }
        throw e;
      }
    }
    return on.transaction(
        tx -> {
          List<Row> rows = tx.queryOne(sql, params).stream().toList();
          return only(
              collect(rows.iterator(), exact, 1, () -> tx.prepare(sql).columns()), exact);
        });
  }

  private static Map<String, @Nullable Object> only(
      Map<String, @Nullable Object> answer, boolean exact) {
    List<?> rows = (List<?>) Objects.requireNonNull(answer.get("rows"));
    if (rows.size() > 1) {
      throw new TooManyRowsException("more than one row seen, at most one needed");
    }
    if (exact) {
      return answer;
    }
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("row", rows.isEmpty() ? null : rows.get(0));
    return row;
  }

  private static boolean writes(String sql) {
    Verb verb = ParsedSql.parse(sql).verb();
    return verb == Verb.INSERT || verb == Verb.UPDATE || verb == Verb.DELETE;
  }

  private Map<String, @Nullable Object> collect(
      Iterator<Row> rows, boolean exact, int max, Supplier<List<Column>> columns) {
    List<@Nullable Object> out = new ArrayList<>();
    List<String> names = null;
    long bytes = 0;
    while (rows.hasNext()) {
      Row row = rows.next();
      names = row.columns();
      if (out.size() >= max) {
        throw exceeded("rowsMax", max, max + 1L);
      }
      bytes += bytes(row);
      if (bytes > bytesMax) {
        throw exceeded("answerBytesMax", bytesMax, bytes);
      }
      out.add(exact ? exactRow(row) : plainRow(row));
    }
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    if (exact) {
      answer.put("columns", names == null ? columns.get().stream().map(Column::name).toList() : names);
    }
    answer.put("rows", out);
    return answer;
  }

  private static LimitExceededException exceeded(String limit, long allowed, long seen) {
    return new LimitExceededException(
        "answer refused: too large (limit=" + limit + ", allowed=" + allowed + ")",
        limit,
        allowed,
        seen);
  }

  private static long bytes(Row row) {
    long bytes = 2;
    for (int i = 0; i < row.columns().size(); i++) {
      Object value = row.get(i);
      bytes +=
          value instanceof String text
              ? text.length() + 3L
              : value instanceof byte[] blob ? blob.length * 4L / 3 + 12 : 12;
    }
    return bytes;
  }

  private static List<@Nullable Object> exactRow(Row row) {
    List<@Nullable Object> values = new ArrayList<>();
    for (int i = 0; i < row.columns().size(); i++) {
      values.add(Wire.exact(row.get(i)));
    }
    return values;
  }

  private static Map<String, @Nullable Object> plainRow(Row row) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    row.toMap().forEach((name, value) -> values.put(name, Wire.plain(value)));
    return values;
  }

  // ---- the rest

  private static Map<String, @Nullable Object> run(
      Queries on, String sql, @Nullable Object[] params, boolean exact) {
    return exact
        ? result(on.run(sql, params), true)
        : on.transaction(tx -> result(tx.run(sql, params), false));
  }

  private static Map<String, @Nullable Object> result(RunResult result, boolean exact) {
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    answer.put("changes", number(result.changes(), exact));
    answer.put("lastInsertRowid", number(result.lastInsertRowid(), exact));
    return answer;
  }

  private static @Nullable Object number(long value, boolean exact) {
    return exact ? Wire.exact(value) : Wire.plain(value);
  }

  private Object batch(Queries on, Map<?, ?> body, boolean exact) {
    String sql = sql(body, "sql");
    if (!(body.get("each") instanceof List<?> each)) {
      throw WebException.badRequest("each must be a list");
    }
    List<Object[]> runs = new ArrayList<>();
    each.forEach(params -> runs.add(parameters(params, body, exact)));
    return on.transaction(
        tx -> {
          BatchResult result = tx.batch(sql, runs);
          Map<String, @Nullable Object> answer =
              result(new RunResult(result.changes(), result.lastInsertRowid()), exact);
          answer.put("executions", result.executions());
          return answer;
        });
  }

  private Object exec(Queries on, Map<?, ?> body) {
    on.exec(sql(body, "script"));
    return Map.of();
  }

  private Object columns(Queries on, Map<?, ?> body) {
    List<Object> columns = new ArrayList<>();
    for (Column column : on.prepare(sql(body, "sql")).columns()) {
      Map<String, @Nullable Object> each = new LinkedHashMap<>();
      each.put("name", column.name());
      each.put("table", column.table().orElse(null));
      each.put("declaredType", column.declaredType().orElse(null));
      columns.add(each);
    }
    return Map.of("columns", columns);
  }
}
