package dev.dosql.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.ParameterException;
import dev.dosql.Params;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListExpansionTest {
  private static final String NUMBERS =
      "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n LIMIT 40) SELECT x FROM n ";

  private final Binder binder = new Binder(ListExpansionTest::encode, null, 32_766);

  private static Object encode(Object value) {
    if (value instanceof Iterable<?>) {
      throw new ParameterException("value cannot be stored");
    }
    return value instanceof Integer i ? Long.valueOf(i) : value;
  }

  private Bound bind(String sql, Object... params) {
    return ParsedSql.parse(sql).bind(params, binder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a IN (?) | a IN (?1,?2,?3,?4)",
        "a NOT IN(:ids) | a NOT IN(?1,?2,?3,?4)",
        "a in /**/ ( $ids ) | a in /**/ ( ?1,?2,?3,?4 )",
        "a IN (@ids) OR b IN (@ids) | a IN (?1,?2,?3,?4) OR b IN (?1,?2,?3,?4)",
      })
  void list_aloneInIn_expandsToAPowerOfTwo(String sql, String expanded) {
    Bound bound = bind(sql, List.of(7, 8, 9));
    assertThat(bound.sql()).isEqualTo(expanded);
    assertThat(bound.values()).containsExactly(7L, 8L, 9L, 9L);
  }

  @Test
  void list_ofAnyKind_expands() {
    List<Object> lists =
        List.of(
            List.of(1, 2),
            new TreeSet<>(Set.of(1, 2)),
            new int[] {1, 2},
            new Integer[] {1, 2},
            new long[] {1, 2});
    for (Object list : lists) {
      assertThat(bind("a IN (:ids)", Map.of("ids", list)).values()).containsExactly(1L, 2L);
      assertThat(bind("a IN (:ids)", Params.of("ids", list)).values()).containsExactly(1L, 2L);
      assertThat(bind("a IN (?)", new Object[] {list}).values()).containsExactly(1L, 2L);
    }
    assertThat(bind("a IN (?)", Arrays.asList(1, null)).values()).containsExactly(1L, null);
  }

  @Test
  void typedArray_takenForTheValues_isTheListItWasMeantToBe() {
    assertThat(bind("a IN (?)", (Object[]) new String[] {"x", "y"}).values())
        .containsExactly("x", "y");
    assertThat(bind("a IN (?)", (Object[]) new String[0]).sql()).isEqualTo("a IN ()");
    assertThat(bind("SELECT ?, ?", (Object[]) new String[] {"x", "y"}).values())
        .containsExactly("x", "y");
  }

  @Test
  void otherParameters_aroundAList_keepTheirValues() {
    Bound bound = bind("SELECT :b, ?, @c WHERE a IN (:ids) AND :b", 1, 2, 3, List.of(4, 5, 6));
    assertThat(bound.sql()).isEqualTo("SELECT ?1, ?2, ?3 WHERE a IN (?4,?5,?6,?7) AND ?1");
    assertThat(bound.values()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 6L);

    Bound first = bind("a IN (?2) AND b = ?1 AND c IN (?5)", 1, List.of(2, 3), 0, 0, List.of());
    assertThat(first.sql()).isEqualTo("a IN (?2,?3) AND b = ?1 AND c IN ()");
    assertThat(first.values()).containsExactly(1L, 2L, 3L);
  }

  @Test
  void list_empty_becomesEmptyParentheses() {
    Bound bound = bind("a IN (?)", List.of());
    assertThat(bound.sql()).isEqualTo("a IN ()");
    assertThat(bound.values()).isEmpty();
  }

  @Test
  void value_aloneInIn_isJustAValue() {
    byte[] blob = {1, 2};
    for (Object value : Arrays.asList(5L, "a", null, blob)) {
      Bound bound = bind("a IN (:ids)", Params.of("ids", value));
      assertThat(bound.sql()).isEqualTo("a IN (:ids)");
      assertThat(bound.values()).containsExactly(value);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a IN (:ids) AND b = :ids",
        "a = :ids",
        "a IN (:ids, 1)",
        "a IN ((:ids))",
        "a IN (+:ids)",
        "\"IN\" (:ids)",
        "f(:ids)",
      })
  void list_elsewhere_isAnError(String sql) {
    assertThatThrownBy(() -> bind(sql, Map.of("ids", List.of(1, 2))))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("parameter=ids")
        .hasMessageContaining("IN (:name)");
  }

  @Test
  void list_insideAList_isAnError() {
    assertThatThrownBy(() -> bind("a IN (?)", List.of(1, List.of(2))))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("inside a list");
  }

  @Test
  void list_ofEveryLength_needsFewStatements() {
    Set<String> statements = new HashSet<>();
    for (int length = 0; length <= Parameters.NUMBER_MAX; length += length < 70 ? 1 : 331) {
      Bound bound = bind("a IN (?) AND b = ?", Collections.nCopies(length, 1), 2);
      assertThat(bound.values()).hasSizeGreaterThan(length).hasSizeLessThanOrEqualTo(32_766);
      statements.add(bound.sql());
    }
    assertThat(statements).hasSizeLessThanOrEqualTo(17);
  }

  @Test
  void list_beyondTheLimit_isAnErrorThatNamesIt() {
    assertThat(bind("a IN (?)", Collections.nCopies(32_766, 1)).values()).hasSize(32_766);
    for (Object[] params :
        List.of(
            new Object[] {Collections.nCopies(32_767, 1), 1},
            new Object[] {Collections.nCopies(32_766, 1), 1})) {
      assertThatThrownBy(() -> bind("a IN (?) AND b = ?", params))
          .isInstanceOf(ParameterException.class)
          .hasMessageContaining("max=32766");
    }
  }

  @Test
  void digitBehindAParameter_doesNotJoinItsNumber() {
    assertThat(bind("$a(b)5 IN (?)", 1, List.of(2, 3)).sql()).isEqualTo("?1 5 IN (?2,?3)");
  }

  @Test
  void expandedStatement_inSqlite_findsWhatTheListNames() throws SQLException {
    try (Connection db = DriverManager.getConnection("jdbc:sqlite::memory:")) {
      for (int length = 0; length < 40; length++) {
        List<Long> ids = LongStream.rangeClosed(1, length).boxed().toList();
        assertThat(find(db, bind(NUMBERS + "WHERE x IN (:ids)", ids))).isEqualTo(ids);
        assertThat(find(db, bind(NUMBERS + "WHERE x NOT IN (?) AND x <= ?", ids, length + 1L)))
            .containsExactly(length + 1L);
      }
    }
  }

  private static List<Long> find(Connection db, Bound bound) throws SQLException {
    List<Long> found = new ArrayList<>();
    try (PreparedStatement statement = db.prepareStatement(bound.sql())) {
      for (int i = 0; i < bound.values().length; i++) {
        statement.setObject(i + 1, bound.values()[i]);
      }
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.add(rows.getLong(1));
        }
      }
    }
    return found;
  }
}
