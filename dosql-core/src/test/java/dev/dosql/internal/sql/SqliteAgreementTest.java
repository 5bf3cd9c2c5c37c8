package dev.dosql.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.ParameterException;
import dev.dosql.StatementException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.sqlite.Function;
import org.sqlite.SQLiteConnection;

/** Random texts, judged by SQLite itself; {@code -Ddosql.test.seed} repeats a failure. */
class SqliteAgreementTest {
  private static final String[] PARAMETERS = {
    "?",
    "?1",
    "?2",
    "?7",
    "?007",
    ":a",
    ":b",
    "@a",
    "$a",
    "#a",
    "$a::b",
    "$a::b(c)",
    ":a(?)",
    "@1",
    ":é",
    ":::a",
    "?12"
  };
  private static final String[] VALUES = {
    "1",
    "1.5",
    ".5e-3",
    "0x1F",
    "1_000",
    "'it''s ? '",
    "':a;'",
    "x'ab'",
    "X''",
    "\"a\"",
    "[b]",
    "`b`",
    "a",
    "b",
    "t.a",
    "(SELECT 1)",
    "NULL",
    "CASE WHEN 1 THEN 2 END",
    "-1",
    "'\ud83d\ude00'"
  };
  private static final String[] OPERATORS = {
    "+", "-", "*", "||", "->", "->>", "<", "<=", "<>", "!=", "==", "=", ">>", "|", "&", " AND ",
    " IS ", ",", ",", ","
  };
  private static final String[] SPACES = {
    "", " ", "\n", "\t", " \u000b", "\f", "/**/", "/* ? ; :a */", "-- ?;\n", "/*/ ? */", "\uFEFF "
  };
  private static final String[] NOISE = {
    "'", "\"", "`", "[", "]", "/*", "*/", "--", "\n", ";", "?", ":", "::", "$", "@", "#", "(", ")",
    "x'", "0x", "_", "e", ".", "-", ">", "{", "\u000b", "\uFEFF", "é", "END", "1", "a"
  };

  private final long seed = Long.getLong("dosql.test.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<Integer> ticks = new ArrayList<>();
  private Connection db;

  @BeforeEach
  void open() throws SQLException {
    db = DriverManager.getConnection("jdbc:sqlite::memory:");
    Function.create(
        db,
        "tick",
        new Function() {
          @Override
          protected void xFunc() throws SQLException {
            ticks.add(value_int(0));
            result(1);
          }
        });
    try (Statement statement = db.createStatement()) {
      statement.execute("CREATE TABLE t(a, b)");
    }
  }

  @AfterEach
  void close() throws SQLException {
    db.close();
  }

  @Test
  void parameterCount_ofRandomText_isSqlites() throws SQLException {
    int prepared = 0;
    for (int n = 0; n < 12_000; n++) {
      String sql = n % 2 == 0 ? select() : broken(select());
      int count = isOneStatement(sql) ? sqliteParameterCount(sql) : -1;
      if (count >= 0) {
        prepared++;
        ParsedSql parsed = ParsedSql.parse(sql);
        assertThat(parsed.parameterCount()).as("seed %d: %s", seed, sql).isEqualTo(count);
      }
    }
    assertThat(prepared).as("seed %d", seed).isGreaterThan(4_000);
  }

  @Test
  void expansion_ofRandomText_isNumberedAsSqliteNumbersIt() throws SQLException {
    Binder binder = new Binder(value -> value, null, 32_766);
    int prepared = 0;
    for (int n = 0; n < 3_000; n++) {
      String sql =
          select() + " AND b" + space() + " IN (:list) AND a NOT\nIN(" + space() + " :list )";
      if (sqliteParameterCount(sql) < 0) {
        continue;
      }
      prepared++;
      ParsedSql parsed = ParsedSql.parse(sql);
      int list = parsed.parameterCount() - 1;
      Object[] given = new Object[parsed.parameterCount()];
      for (int i = 0; i < given.length; i++) {
        given[i] = i + 1L;
      }
      given[list] = random.nextInt(6) == 0 ? List.of() : List.of(-1L, -2L, -3L);
      Bound bound = parsed.bind(given, binder);
      assertThat(sqliteParameterCount(bound.sql()))
          .as("seed %d: %s -> %s", seed, sql, bound.sql())
          .isEqualTo(bound.values().length);
    }
    assertThat(prepared).as("seed %d", seed).isGreaterThan(1_000);
  }

  /** What SQLite runs of a whole script, and of the statements it was cut into, is the same. */
  @Test
  void statements_ofRandomScript_areThoseSqliteRuns() throws SQLException {
    int whole = 0;
    int several = 0;
    for (int n = 0; n < 6_000; n++) {
      String script = n % 3 == 0 ? broken(script()) : script();
      List<Integer> expected = ticksOf(List.of(script));
      List<String> statements;
      try {
        statements = Script.parse(script).stream().map(ParsedSql::sql).toList();
      } catch (StatementException e) {
        continue; // END came to stand first, which SQLite would take for COMMIT
      } catch (ParameterException e) {
        continue; // noise made a parameter
      }
      assertThat(ticksOf(statements)).as("seed %d: %s", seed, script).isEqualTo(expected);
      if (!expected.contains(-1)) {
        whole++;
        several += statements.size() > 1 ? 1 : 0;
        assertThat(isOneStatement(script))
            .as("seed %d: %s", seed, script)
            .isEqualTo(statements.size() == 1);
      }
    }
    assertThat(whole).as("seed %d", seed).isGreaterThan(3_000);
    assertThat(several).as("seed %d", seed).isGreaterThan(1_500);
  }

  @Test
  void parse_ofAnyText_returnsOrRefuses() {
    for (int n = 0; n < 60_000; n++) {
      String sql = anyText();
      try {
        assertThat(ParsedSql.parse(sql).sql()).isEqualTo(sql);
      } catch (StatementException e) {
        assertThat(e.position()).as("seed %d: %s", seed, sql).isBetween(0, sql.length());
      }
      try {
        Script.parse(sql);
      } catch (StatementException | ParameterException e) {
        assertThat(e).hasMessageContaining("refused: ");
      }
    }
  }

  private String anyText() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(12); i > 0; i--) {
      switch (random.nextInt(6)) {
        case 0 -> text.append((char) random.nextInt(65_536));
        case 1 -> text.append((char) random.nextInt(256));
        case 2 -> text.append(any(NOISE));
        case 3 ->
            text.append(any("EXPLAIN", "PRAGMA", "CREATE", "TEMP", "TRIGGER", "WITH", "INSERT"));
        case 4 ->
            text.append(any("INTO", "main", "IF", "NOT", "EXISTS", "TABLE", "AS", "OR", "ANALYZE"));
        default -> text.append(any(SPACES));
      }
      text.append(random.nextBoolean() ? " " : "");
    }
    return text.toString();
  }

  private String select() {
    StringBuilder sql = new StringBuilder(space()).append("SELECT ").append(space());
    for (int i = random.nextInt(6); i >= 0; i--) {
      sql.append(random.nextBoolean() ? any(PARAMETERS) : any(VALUES)).append(space()).append(' ');
      sql.append(i > 0 ? any(OPERATORS) : "").append(' ').append(space());
    }
    return sql + " FROM" + space() + " t WHERE a " + any("", "IS ?", "=:a", "IN (?)", "LIKE @a");
  }

  private String script() {
    StringBuilder script = new StringBuilder(any(SPACES));
    for (int i = random.nextInt(4); i >= 0; i--) {
      script.append(random.nextInt(4) == 0 ? trigger() : tick()).append(space());
      script.append(i > 0 || random.nextBoolean() ? ";" : "").append(space());
    }
    return script.toString();
  }

  private String tick() {
    return "SELECT"
        + space()
        + " tick("
        + random.nextInt(1000)
        + ")"
        + space()
        + ","
        + any(VALUES)
        + " FROM (SELECT 1 AS a, 2 AS b) AS t ";
  }

  /** A trigger that is made and dropped again when its script is over. */
  private String trigger() {
    StringBuilder sql = new StringBuilder("CREATE").append(any(" ", "/*;*/ ", " -- END;\n"));
    sql.append("TRIGGER IF NOT EXISTS ").append(any("x", "\"END\"", "[;]", "main.'a;b'"));
    sql.append(" AFTER INSERT ON t BEGIN").append(space()).append(' ');
    for (int i = random.nextInt(3); i >= 0; i--) {
      sql.append(tick().replace("?", "1").replaceAll("tick\\(\\d+\\)", "CASE 1 WHEN 1 THEN 1 END"));
      sql.append(space()).append(';').append(space());
    }
    return sql + any(" END", " end", "END");
  }

  private String broken(String sql) {
    StringBuilder text = new StringBuilder(sql);
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(text.length());
      if (random.nextBoolean()) {
        text.insert(at, any(NOISE));
      } else if (!Character.isSurrogate(text.charAt(at))) {
        text.deleteCharAt(at);
      }
    }
    String result = text.toString();
    return Screening.unreadable(result) == null ? result : sql;
  }

  private String space() {
    return random.nextInt(3) == 0 ? any(SPACES) : "";
  }

  private String any(String... of) {
    return of[random.nextInt(of.length)];
  }

  private static boolean isOneStatement(String sql) {
    try {
      ParsedSql.parse(sql);
      return true;
    } catch (StatementException e) {
      return false;
    }
  }

  private int sqliteParameterCount(String sql) {
    try (PreparedStatement statement = db.prepareStatement(sql)) {
      return statement.getParameterMetaData().getParameterCount();
    } catch (SQLException e) {
      return -1;
    }
  }

  /** Runs texts as SQLite's exec does; -1 stands for an error, which ends them. */
  private List<Integer> ticksOf(List<String> texts) throws SQLException {
    ticks.clear();
    try {
      for (String text : texts) {
        ((SQLiteConnection) db).getDatabase()._exec(text);
      }
    } catch (SQLException e) {
      ticks.add(-1);
    }
    List<Integer> result = List.copyOf(ticks);
    dropTriggers();
    return result;
  }

  /** Noise may have given one any name. */
  private void dropTriggers() throws SQLException {
    try (Statement statement = db.createStatement()) {
      for (String name : triggers(statement)) {
        statement.execute("DROP TRIGGER \"" + name.replace("\"", "\"\"") + "\"");
      }
    }
  }

  private static List<String> triggers(Statement statement) throws SQLException {
    List<String> names = new ArrayList<>();
    try (ResultSet rows =
        statement.executeQuery("SELECT name FROM sqlite_schema WHERE type = 'trigger'")) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    return names;
  }
}
