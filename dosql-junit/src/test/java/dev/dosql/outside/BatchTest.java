package dev.dosql.outside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.BatchResult;
import dev.dosql.DB;
import dev.dosql.ParameterException;
import dev.dosql.Params;
import dev.dosql.TransactionScopeException;
import dev.dosql.UniqueViolationException;
import dev.dosql.junit.DoSqlTest;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One statement for many sets of parameters: all or nothing. */
@DoSqlTest
class BatchTest {
  private final DB db;

  BatchTest(DB db) {
    this.db = db;
  }

  public record Item(String name, long size) {}

  @BeforeEach
  void makeTable() {
    db.run("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, size)");
  }

  private List<String> names() {
    return db.query(String.class, "SELECT name || size FROM item ORDER BY id");
  }

  @Test
  void batch_arraysAndLists_areByPosition() {
    String insert = "INSERT INTO item (name, size) VALUES (?, ?)";
    assertThat(db.batch(insert, List.of(new Object[] {"a", 1}, new Object[] {"b", 2})))
        .isEqualTo(new BatchResult(2, 2, 2));
    assertThat(db.batch(insert, List.of(List.of("c", 3), Arrays.asList("d", 4))))
        .isEqualTo(new BatchResult(2, 2, 4));
    assertThat(names()).containsExactly("a1", "b2", "c3", "d4");
  }

  @Test
  void batch_mapsRecordsAndParams_areByName() {
    String insert = "INSERT INTO item (name, size) VALUES (:name, :size)";
    db.batch(
        insert,
        List.of(
            Map.of("name", "a", "size", 1),
            new Item("b", 2),
            Params.of("name", "c").and("size", 3)));
    assertThat(names()).containsExactly("a1", "b2", "c3");
  }

  @Test
  void batch_singleValues_areTheOnlyParameter() {
    assertThat(
            db.batch("INSERT INTO item (name, size) VALUES (?, 0)", Arrays.asList("a", "b", null)))
        .isEqualTo(new BatchResult(3, 3, 3));
    assertThat(names()).containsExactly("a0", "b0", null);
  }

  @Test
  void batch_updates_countChangesAndHaveNoRowid() {
    db.batch("INSERT INTO item (name) VALUES (?)", List.of("a", "b", "c"));
    assertThat(db.batch("UPDATE item SET size = 1 WHERE id <= ?", List.of(1, 2, 0)))
        .isEqualTo(new BatchResult(3, 3, 0));
  }

  @Test
  void batch_empty_doesNothing() {
    assertThat(db.batch("INSERT INTO item (name) VALUES (?)", List.of()))
        .isEqualTo(new BatchResult(0, 0, 0));
  }

  @Test
  void batch_oneFails_undoesAll() {
    String insert = "INSERT INTO item (name) VALUES (?)";
    assertThatThrownBy(() -> db.batch(insert, List.of("a", "b", "a")))
        .isInstanceOf(UniqueViolationException.class);
    assertThatThrownBy(() -> db.batch(insert, List.of("a", List.of("b", "c"))))
        .isInstanceOf(ParameterException.class);
    assertThat(names()).isEmpty();
  }

  @Test
  void batch_oneFailsInsideTransaction_undoesTheBatchOnly() {
    db.useTransaction(
        tx -> {
          tx.run("INSERT INTO item (name, size) VALUES ('kept', 1)");
          assertThatThrownBy(
                  () -> tx.batch("INSERT INTO item (name) VALUES (?)", List.of("x", "kept")))
              .isInstanceOf(UniqueViolationException.class);
        });
    assertThat(names()).containsExactly("kept1");
  }

  @Test
  void batch_sourceThrows_undoesAllAndRethrows() {
    IllegalStateException broken = new IllegalStateException("source");
    Iterable<Object> source =
        () ->
            new Iterator<>() {
              private int given;

              @Override
              public boolean hasNext() {
                return true;
              }

              @Override
              public Object next() {
                if (given == 3) {
                  throw broken;
                }
                return "n" + given++;
              }
            };
    assertThatThrownBy(() -> db.batch("INSERT INTO item (name) VALUES (?)", source))
        .isSameAs(broken);
    assertThat(names()).isEmpty();
  }

  @Test
  void batch_sourceUsesTheHandle_isAnErrorAndUndoesAll() {
    Iterable<String> source = () -> db.query(String.class, "SELECT name FROM item").iterator();
    assertThatThrownBy(() -> db.batch("INSERT INTO item (name) VALUES (?)", source))
        .isInstanceOf(TransactionScopeException.class);
  }

  @Test
  void batch_hundredThousandGeneratedLazily_areStored() {
    Iterable<Item> items =
        () -> LongStream.range(0, 100_000).mapToObj(i -> new Item("n" + i, i)).iterator();
    assertThat(db.batch("INSERT INTO item (name, size) VALUES (:name, :size)", items))
        .isEqualTo(new BatchResult(100_000, 100_000, 100_000));
    assertThat(db.queryOne(long.class, "SELECT sum(size) FROM item")).hasValue(4_999_950_000L);
  }
}
