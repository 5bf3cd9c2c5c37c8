package dev.dosql.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.CheckViolationException;
import dev.dosql.DB;
import dev.dosql.junit.DoSqlTest;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The SQL of the service against its migrations, without a server. */
@DoSqlTest
class TodosTest {
  @Test
  void add_returnsTheTodoAsItIsStored(DB db) {
    Todo first = Todos.add(db, "Learn DoSQL");

    assertThat(first).isEqualTo(new Todo(1, "Learn DoSQL", false));
    assertThat(Todos.newest(db, Long.MAX_VALUE)).containsExactly(first);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 201})
  void add_ofATitleThatIsEmptyOrTooLong_isRefused(int length, DB db) {
    assertThatExceptionOfType(CheckViolationException.class)
        .isThrownBy(() -> Todos.add(db, "x".repeat(length)))
        .satisfies(e -> assertThat(e.constraint()).hasValue("title_length"));
    assertThat(Todos.newest(db, Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void newest_isOnePage_andGoesOnBeforeItsLast(DB db) {
    db.batch(
        "INSERT INTO todos (title) VALUES (?)",
        IntStream.rangeClosed(1, Todos.PAGE + 2).boxed().map(i -> "t" + i).toList());

    List<Todo> page = Todos.newest(db, Long.MAX_VALUE);

    assertThat(page).hasSize(Todos.PAGE).first().isEqualTo(new Todo(102, "t102", false));
    assertThat(Todos.newest(db, page.get(page.size() - 1).id()))
        .extracting(Todo::title)
        .containsExactly("t2", "t1");
  }
}
