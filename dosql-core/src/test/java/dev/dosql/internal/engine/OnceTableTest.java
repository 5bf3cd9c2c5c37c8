package dev.dosql.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.internal.engine.OnceTable.Kept;
import dev.dosql.internal.sqlite.DriverConnection;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnceTableTest {
  @TempDir Path directory;
  private SqliteConnection connection;

  @BeforeEach
  void open() throws SqliteException {
    connection = DriverConnection.open(directory.resolve("t.db"), true, "");
  }

  @AfterEach
  void close() throws SqliteException {
    connection.close();
  }

  private OnceTable table() {
    return new OnceTable(connection, () -> Instant.EPOCH, Duration.ofHours(1));
  }

  @Test
  void find_whereThereIsNoTable_findsNothingAndMakesNone() throws Exception {
    assertThat(table().find("a")).isEmpty();
    assertThat(WriteStatements.number(connection, "SELECT count(*) FROM sqlite_schema")).isZero();
  }

  @Test
  void statements_howeverManyKeysThereAre_readOnlyAFewRows() throws Exception {
    OnceTable table = table();
    table.find("a");
    table.keep("a", new Kept("type", null, new byte[0]));

    for (String sql : List.of(OnceTable.FIND, OnceTable.NEWEST, OnceTable.SWEEP)) {
      assertThat(plan(sql)).as(sql).isNotEmpty().noneMatch(step -> step.contains("TEMP B-TREE"));
    }
    assertThat(plan(OnceTable.FIND)).singleElement().asString().startsWith("SEARCH");
    assertThat(plan(OnceTable.NEWEST))
        .singleElement()
        .asString()
        .startsWith("SEARCH") // With LIMIT 1: its first step is the row.
        .contains("INDEX _dosql_once_at (at<?)");
    assertThat(plan(OnceTable.SWEEP))
        .allMatch(step -> step.startsWith("SEARCH") || step.startsWith("LIST SUBQUERY"))
        .anyMatch(step -> step.contains("INDEX _dosql_once_at (at<?)"));
  }

  private List<String> plan(String sql) throws SqliteException {
    List<String> steps = new ArrayList<>();
    SqliteStatement plan = connection.prepare("EXPLAIN QUERY PLAN " + sql);
    try {
      // Where it has no parameter, the value is one too many, which the driver leaves aside.
      for (boolean row = plan.start(new Object[] {1L}); row; row = plan.next()) {
        steps.add(plan.textAt(3));
      }
    } finally {
      plan.release();
    }
    return steps;
  }
}
