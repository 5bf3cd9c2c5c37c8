package dev.dosql.outside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.Converter;
import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.RowStream;
import dev.dosql.StatementException;
import dev.dosql.UniqueViolationException;
import dev.dosql.junit.DoSqlExtension;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Functions, collations and converters of the user's. */
class FunctionsTest {
  private static final List<Object> seen = Collections.synchronizedList(new ArrayList<>());

  @RegisterExtension
  static final DoSqlExtension dosql =
      DoSqlExtension.with(
          DBOptions.builder()
              .function("double_it", 1, true, arguments -> 2 * (Long) arguments.get(0))
              .function("show", -1, false, FunctionsTest::show)
              .function("same", 1, true, arguments -> arguments.get(0))
              .function("fail", 0, false, arguments -> fail())
              .function("fail_hard", 0, false, arguments -> overflow())
              .collation("by_length", Comparator.comparing(String::length))
              .collation("broken", FunctionsTest::broken)
              .converter(new MoneyConverter())
              .lookup(MethodHandles.lookup())
              .build());

  private final DB db;

  FunctionsTest(DB db) {
    this.db = db;
    seen.clear();
  }

  private record Hidden(long id, Money price) {}

  private record Money(long cents) {}

  private static final class MoneyConverter implements Converter<Money> {
    @Override
    public Class<Money> type() {
      return Money.class;
    }

    @Override
    public Object toColumn(Money value) {
      return value.cents();
    }

    @Override
    public Money fromColumn(Object column) {
      return new Money((Long) column);
    }
  }

  private static Object show(List<Object> arguments) {
    seen.addAll(arguments);
    return arguments.size();
  }

  private static Object fail() throws Exception {
    throw new java.io.IOException("from the function");
  }

  private static Object overflow() {
    return overflow();
  }

  private static int broken(String left, String right) {
    throw new IllegalStateException("from the collation");
  }

  @Test
  void function_inQueriesAndWrites_isCalledWithSqlitesOwnValues() {
    assertThat(db.queryOne(long.class, "SELECT double_it(?)", 21)).hasValue(42L);
    byte[] bytes = {0, 1};
    assertThat(
            db.queryOne(
                long.class,
                "SELECT show(?, ?, ?, ?, ?)",
                Long.MAX_VALUE,
                1.5,
                "a\0🦆",
                bytes,
                null))
        .hasValue(5L);
    assertThat(seen).containsExactly(Long.MAX_VALUE, 1.5, "a\0🦆", bytes, null);
    db.run("CREATE TABLE t (a)");
    db.run("INSERT INTO t VALUES (double_it(4))");
    db.useTransaction(
        tx -> assertThat(tx.queryOne(long.class, "SELECT double_it(a) FROM t")).hasValue(16L));
  }

  @Test
  void function_anyValue_comesBackExactly() {
    for (Object value :
        new Object[] {
          Long.MIN_VALUE, 0.1, "", "a\0b", "🦆", new byte[0], new byte[] {0, -1}, null
        }) {
      Object returned = db.query("SELECT same(?)", value).get(0).get(0);
      assertThat(returned).isEqualTo(value);
    }
  }

  @Test
  void function_deterministic_mayBeUsedInAnIndexQuery() {
    db.run("CREATE TABLE t (a INTEGER)");
    db.batch("INSERT INTO t VALUES (?)", List.of(1, 2, 3));
    assertThat(db.query(long.class, "SELECT a FROM t WHERE double_it(a) > 3 ORDER BY double_it(a)"))
        .containsExactly(2L, 3L);
  }

  @Test
  void function_throws_isAStatementExceptionAndNothingIsStored() {
    db.run("CREATE TABLE t (a)");
    for (String call : List.of("fail()", "fail_hard()")) {
      assertThatThrownBy(() -> db.query("SELECT " + call)).isInstanceOf(StatementException.class);
      assertThatThrownBy(() -> db.run("INSERT INTO t VALUES (1), (" + call + ")"))
          .isInstanceOf(StatementException.class);
      db.useTransaction(
          tx ->
              assertThatThrownBy(() -> tx.run("INSERT INTO t VALUES (" + call + ")"))
                  .isInstanceOf(StatementException.class));
    }
    StatementException e =
        catchThrowableOfType(StatementException.class, () -> db.query("SELECT fail()"));
    assertThat(e).hasMessageContaining("IOException");
    assertThat(e.getMessage()).as("it may hold a value").doesNotContain("from the function");
    assertThat(db.query("SELECT * FROM t")).isEmpty();
    assertThat(db.queryOne(long.class, "SELECT double_it(1)")).hasValue(2L);
  }

  @Test
  void function_fromTriggerViewOrDefault_isRefused() {
    db.exec(
        """
        CREATE TABLE t (a);
        CREATE VIEW v AS SELECT double_it(a) FROM t;
        CREATE TABLE fired (a);
        CREATE TRIGGER tr AFTER INSERT ON fired BEGIN SELECT double_it(new.a); END;
        INSERT INTO t VALUES (1);
        """);
    assertThatThrownBy(() -> db.query("SELECT * FROM v")).isInstanceOf(StatementException.class);
    assertThatThrownBy(() -> db.run("INSERT INTO fired VALUES (1)"))
        .isInstanceOf(StatementException.class);
    assertThatThrownBy(() -> db.useTransaction(tx -> tx.query("SELECT * FROM v")))
        .isInstanceOf(StatementException.class);
    assertThat(db.query("SELECT * FROM fired")).isEmpty();
  }

  @Test
  void collation_inOrderByAndIndex_decides() {
    db.exec("CREATE TABLE t (a TEXT COLLATE by_length UNIQUE)");
    db.batch("INSERT INTO t VALUES (?)", List.of("ccc", "b", "🦆🦆"));
    assertThat(db.query(String.class, "SELECT a FROM t ORDER BY a"))
        .containsExactly("b", "ccc", "🦆🦆");
    assertThatThrownBy(() -> db.run("INSERT INTO t VALUES ('x')"))
        .isInstanceOf(UniqueViolationException.class);
  }

  @Test
  void collation_throws_statementFailsAndTheNextOneDoesNot() {
    db.run("CREATE TABLE t (a TEXT COLLATE broken UNIQUE)");
    db.run("INSERT INTO t VALUES ('a')");
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> db.run("INSERT INTO t VALUES ('b')"))
          .isInstanceOf(StatementException.class);
      assertThatThrownBy(() -> db.query("VALUES ('a'), ('b') ORDER BY 1 COLLATE broken"))
          .isInstanceOf(StatementException.class);
      assertThatThrownBy(() -> db.useTransaction(tx -> tx.run("INSERT INTO t VALUES ('c')")))
          .isInstanceOf(StatementException.class);
    }
    assertThat(db.query("SELECT 1")).hasSize(1);
    db.run("CREATE TABLE other (a)");
  }

  @Test
  void converterAndLookup_onEveryPath_areUsed() {
    db.run("CREATE TABLE item (id INTEGER PRIMARY KEY, price INTEGER)");
    Money two = new Money(200);
    assertThat(db.query(Hidden.class, "INSERT INTO item (price) VALUES (?) RETURNING *", two))
        .containsExactly(new Hidden(1, two));
    db.run("INSERT INTO item VALUES (:id, :price)", new Hidden(2, new Money(5)));
    db.batch("INSERT INTO item (price) VALUES (:p)", List.of(Map.of("p", new Money(7))));
    assertThat(db.query(Money.class, "SELECT price FROM item ORDER BY id"))
        .containsExactly(two, new Money(5), new Money(7));
    assertThat(db.query("SELECT * FROM item").get(0).get("price", Money.class)).isEqualTo(two);
    try (RowStream<Hidden> rows = db.stream(Hidden.class, "SELECT * FROM item ORDER BY id")) {
      assertThat(rows.next()).isEqualTo(new Hidden(1, two));
    }
  }
}
