package dev.dosql.web.remote;

import dev.dosql.BatchResult;
import dev.dosql.Column;
import dev.dosql.LimitExceededException;
import dev.dosql.Queries;
import dev.dosql.Row;
import dev.dosql.RowStream;
import dev.dosql.RunResult;
import dev.dosql.StatementException;
import dev.dosql.internal.remote.RemoteStatements;
import dev.dosql.web.WebException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the paths of the endpoint do with a database or a transaction. An answer is made before a
 * write is committed, so that one that cannot be sent undoes it.
 *
 * <p>Safe for use by many threads.
 */
final class Calls {
  private static final Object[] NONE = {};

  /** What an answer takes beside its rows, roughly: two counts or lists, and their names. */
  private static final long RESULT_BYTES = 64;

  /** The SQL that may be run by its text or name; null for all. */
  private final @Nullable Map<String, String> allowed;

  private final int rowsMax;
  private final long bytesMax;
  private final RemoteStatements statements = new RemoteStatements();

  /**
   * Makes it.
   *
   * @param allowed the SQL that may be run by its text or name; null for all
   * @param rowsMax how many rows an answer may have
   * @param bytesMax how many bytes an answer may have, roughly
   */
  Calls(@Nullable Map<String, String> allowed, int rowsMax, long bytesMax) {
    this.allowed = allowed;
    this.rowsMax = rowsMax;
    this.bytesMax = bytesMax;
  }

  /**
   * What a client sent.
   *
   * @param members the members of the body
   * @param exact whether its values are in the exact encoding
   * @param exactAnswer whether those of the answer shall be
   */
  record Body(Map<?, ?> members, boolean exact, boolean exactAnswer) {
    @Nullable Object get(String member) {
      return members.get(member);
    }

    Body in(@Nullable Object other) {
      return new Body(RemoteServer.object(other), exact, exactAnswer);
    }

    /** A member that nobody reads is misspelt, or means something that will not be done. */
    Body requireOnly(String... known) {
      Set<String> names = Set.of(known);
      if (!names.containsAll(members.keySet())) {
        throw WebException.badRequest(
            "body has a member that is not known here: known are " + String.join(", ", known));
      }
      return this;
    }

    @Nullable Object value(@Nullable Object json) {
      return exact ? Wire.fromExact(json) : Wire.fromPlain(json);
    }

    @Nullable Object answer(@Nullable Object value) {
      return exactAnswer ? Wire.exact(value) : Wire.plain(value);
    }
  }

  /** Does one call. */
  Object call(Queries on, String path, Body body) {
    return switch (path) {
      case "/query" -> query(on, body, new Room());
      case "/queryOne" -> queryOne(on, body, new Room());
      case "/run" -> run(on, body);
      case "/batch" -> batch(on, body);
      case "/exec" -> exec(on, body);
      case "/columns" -> columns(on, body);
      case "/transaction" -> operations(on, body);
      default -> throw WebException.notFound("nothing at this path");
    };
  }

  /**
   * What is left of the rows and bytes that the answer to one request may have, however many
   * operations it has.
   *
   * <p>Used by one thread at a time.
   */
  private final class Room {
    private int rows;
    private long bytes;

    void takeRow(Row row) {
      if (rows >= rowsMax) {
        throw tooLarge("rowsMax", rowsMax, rowsMax + 1L);
      }
      rows++;
      take(bytes(row));
    }

    void take(long more) {
      bytes += more;
      if (bytes > bytesMax) {
        throw tooLarge("answerBytesMax", bytesMax, bytes);
      }
    }
  }

  private String sql(Body body, String member) {
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

  // ---- parameters

  private @Nullable Object[] params(String sql, Body body) {
    Object params = body.get("params");
    String given = given(body);
    if (params == null && given.isEmpty()) {
      return NONE;
    }
    if (params instanceof List<?> list && !given.equals("record")) {
      @Nullable Object[] values =
          given.equals("array") ? new @Nullable Serializable[list.size()] : new Object[list.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = parameter(list.get(i), body);
      }
      return values;
    }
    if (params instanceof Map<?, ?> names && !given.equals("array")) {
      return new Object[] {named(sql, names, body, given.equals("record"))};
    }
    throw WebException.badRequest("params must be a list or an object");
  }

  private static String given(Body body) {
    Object given = body.get("given");
    if (given == null) {
      return "";
    }
    if (given.equals("array") || given.equals("record")) {
      return (String) given;
    }
    throw WebException.badRequest("given must be array or record");
  }

  private Map<String, @Nullable Object> named(
      String sql, Map<?, ?> names, Body body, boolean record) {
    Set<String> wanted = record ? statements.parameterNames(sql) : Set.of();
    Map<String, @Nullable Object> named = new LinkedHashMap<>();
    names.forEach(
        (name, value) -> {
          if (wanted.isEmpty() || wanted.contains(name)) {
            named.put((String) name, parameter(value, body));
          }
        });
    return named;
  }

  private static @Nullable Object parameter(@Nullable Object json, Body body) {
    if (json instanceof List<?> list) {
      List<@Nullable Object> values = new ArrayList<>(list.size());
      list.forEach(each -> values.add(body.value(each)));
      return values;
    }
    return body.value(json);
  }

  // ---- rows

  private Object query(Queries on, Body body, Room room) {
    String sql = sql(body, "sql");
    @Nullable Object[] params = params(sql, body);
    boolean stream = Boolean.TRUE.equals(body.get("stream"));
    if (statements.writes(sql) && !stream) {
      return on.transaction(tx -> rows(tx.query(sql, params).iterator(), List::of, body, room));
    }
    try (RowStream<Row> rows = on.stream(sql, params)) {
      return rows(rows, () -> stream ? names(on, sql) : List.of(), body, room);
    }
  }

  private static List<String> names(Queries on, String sql) {
    return on.prepare(sql).columns().stream().map(Column::name).toList();
  }

  private Object queryOne(Queries on, Body body, Room room) {
    String sql = sql(body, "sql");
    @Nullable Object[] params = params(sql, body);
    return statements.writes(sql)
        ? on.transaction(tx -> onlyRow(tx, sql, params, body, room))
        : onlyRow(on, sql, params, body, room);
  }

  private Object onlyRow(Queries on, String sql, @Nullable Object[] params, Body body, Room room) {
    Iterator<Row> row = on.queryOne(sql, params).stream().iterator();
    Map<String, @Nullable Object> answer = rows(row, List::of, body, room);
    if (body.exactAnswer()) {
      return answer;
    }
    List<?> rows = (List<?>) answer.get("rows");
    Map<String, @Nullable Object> one = new LinkedHashMap<>();
    one.put("row", rows == null || rows.isEmpty() ? null : rows.get(0));
    return one;
  }

  private Map<String, @Nullable Object> rows(
      Iterator<Row> rows, Supplier<List<String>> namesOfNoRows, Body body, Room room) {
    List<@Nullable Object> out = new ArrayList<>();
    List<String> names = null;
    while (rows.hasNext()) {
      Row row = rows.next();
      names = names == null ? row.columns() : names;
      room.takeRow(row);
      out.add(body.exactAnswer() ? byPosition(row, body) : byName(row, body));
    }
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    if (body.exactAnswer()) {
      answer.put("columns", names == null ? namesOfNoRows.get() : names);
    }
    answer.put("rows", out);
    return answer;
  }

  private static LimitExceededException tooLarge(String limit, long allowed, long seen) {
    return new LimitExceededException(
        "answer refused: too large for this endpoint (limit="
            + limit
            + ", allowed="
            + allowed
            + ")",
        limit,
        allowed,
        seen);
  }

  /** As much as it takes on the way, roughly: names are sent with each row of a plain answer. */
  private static long bytes(Row row) {
    long bytes = 2;
    for (int i = 0; i < row.columns().size(); i++) {
      Object value = row.get(i);
      bytes += row.columns().get(i).length() + 4L;
      bytes +=
          value instanceof String text
              ? text.length() + 2L
              : value instanceof byte[] blob ? blob.length * 4L / 3 + 12 : 12;
    }
    return bytes;
  }

  private static List<@Nullable Object> byPosition(Row row, Body body) {
    List<@Nullable Object> values = new ArrayList<>(row.columns().size());
    for (int i = 0; i < row.columns().size(); i++) {
      values.add(body.answer(row.get(i)));
    }
    return values;
  }

  private static Map<String, @Nullable Object> byName(Row row, Body body) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    row.toMap().forEach((name, value) -> values.put(name, body.answer(value)));
    return values;
  }

  // ---- the rest

  private Object run(Queries on, Body body) {
    String sql = sql(body, "sql");
    @Nullable Object[] params = params(sql, body);
    return body.exactAnswer()
        ? result(on.run(sql, params), body)
        : on.transaction(tx -> result(tx.run(sql, params), body));
  }

  private static Map<String, @Nullable Object> result(RunResult result, Body body) {
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    answer.put("changes", body.answer(result.changes()));
    answer.put("lastInsertRowid", body.answer(result.lastInsertRowid()));
    return answer;
  }

  private Object batch(Queries on, Body body) {
    String sql = sql(body, "sql");
    if (!(body.get("each") instanceof List<?> each)) {
      throw WebException.badRequest("each must be a list");
    }
    List<@Nullable Object[]> runs = new ArrayList<>(each.size());
    each.forEach(run -> runs.add(params(sql, body.in(run).requireOnly("params", "given"))));
    return on.transaction(
        tx -> {
          BatchResult done = tx.batch(sql, runs);
          Map<String, @Nullable Object> answer =
              result(new RunResult(done.changes(), done.lastInsertRowid()), body);
          answer.put("executions", done.executions());
          return answer;
        });
  }

  private Object exec(Queries on, Body body) {
    on.exec(sql(body, "script"));
    return Map.of();
  }

  private Object columns(Queries on, Body body) {
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

  /** The guide's operations, one after the other, all or nothing, with room for one answer. */
  private Object operations(Queries on, Body body) {
    if (!(body.get("operations") instanceof List<?> operations)) {
      throw WebException.badRequest("operations must be a list");
    }
    return on.transaction(
        tx -> {
          List<@Nullable Object> results = new ArrayList<>();
          Room room = new Room();
          for (Object each : operations) {
            Body one = body.in(each).requireOnly("type", "sql", "params", "given");
            room.take(RESULT_BYTES);
            results.add(operation(tx, one, room));
          }
          return Map.of("results", results);
        });
  }

  private @Nullable Object operation(Queries tx, Body one, Room room) {
    Object type = one.get("type");
    if ("query".equals(type)) {
      return ofRows(query(tx, one, room), "rows", one);
    }
    if ("queryOne".equals(type)) {
      return ofRows(queryOne(tx, one, room), "row", one);
    }
    if ("run".equals(type)) {
      return run(tx, one);
    }
    throw WebException.badRequest("type of an operation must be query, queryOne or run");
  }

  private static @Nullable Object ofRows(Object answer, String member, Body one) {
    return one.exactAnswer() ? answer : ((Map<?, ?>) answer).get(member);
  }
}
