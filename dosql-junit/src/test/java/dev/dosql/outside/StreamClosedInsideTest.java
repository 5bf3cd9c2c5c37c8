package dev.dosql.outside;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.RowStream;
import dev.dosql.junit.DoSqlExtension;
import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A stream that is closed by what makes a value of its row. */
final class StreamClosedInsideTest {
  private static @Nullable RowStream<?> open;

  @RegisterExtension
  static final DoSqlExtension dosql =
      DoSqlExtension.with(DBOptions.builder().readersMax(1).lookup(MethodHandles.lookup()).build());

  private final DB db;

  StreamClosedInsideTest(DB db) {
    this.db = db;
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t (v) VALUES (1), (2), (3)");
  }

  record Closing(long id) {
    Closing {
      if (open != null) {
        open.close();
      }
    }
  }

  @AfterEach
  void forget() {
    open = null;
  }

  private void closeInside(String sql) {
    open = null;
    RowStream<Closing> rows = db.stream(Closing.class, sql);
    open = rows;
    assertThat(rows.next().id()).isOne();
    assertThat(rows.hasNext()).isFalse();
    open = null;
  }

  @Test
  void stream_closedInsideItsNext_givesItsReaderBackClean() {
    closeInside("SELECT id FROM t");
    db.run("INSERT INTO t (v) VALUES (4)");
    assertThat(db.queryOne(Long.class, "SELECT count(*) FROM t")).hasValue(4L);
  }

  @Test
  void stream_ofAStatementThatIsNotKept_closedInsideItsNext_doesNotEndTheProcess() {
    String sql = "SELECT id FROM t WHERE id > 0 OR v = '" + "x".repeat(20_000) + "'";
    for (int i = 0; i < 50; i++) {
      closeInside(sql);
    }
    assertThat(db.queryOne(Long.class, "SELECT count(*) FROM t")).hasValue(3L);
  }
}
