package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stream that is closed by what makes a value of its row. */
final class StreamClosedInsideTest {
  private static @Nullable RowStream<?> open;

  @TempDir Path directory;
  private DB db = DB.memory();

  record Closing(long id) {
    Closing {
      if (open != null) {
        open.close();
      }
    }
  }

  @BeforeEach
  void openDatabase() {
    db.close();
    db =
        DB.open(
            "acme",
            DBOptions.builder()
                .directory(directory)
                .readersMax(1)
                .lookup(MethodHandles.lookup())
                .build());
    db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t (v) VALUES (1), (2), (3)");
  }

  @AfterEach
  void close() {
    open = null;
    db.close();
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
