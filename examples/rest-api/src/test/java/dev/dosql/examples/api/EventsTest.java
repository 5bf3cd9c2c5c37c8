package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.CheckViolationException;
import dev.dosql.DB;
import dev.dosql.junit.DoSqlTest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

@DoSqlTest(migrations = "classpath:migrations")
class EventsTest {
  /** Defect 16. */
  @Test
  void events_areReadBehindAnId_withTheirData(DB db) {
    Event first = Events.emit(db, event("user.added", "{\"id\":9007199254740993}"));
    Event second = Events.emit(db, event("user.gone", "[1,null]"));

    assertThat(Events.after(db, 0, 10)).containsExactly(first, second);
    assertThat(Events.after(db, first.id(), 10)).containsExactly(second);
    assertThat(Events.after(db, 0, 1)).containsExactly(first);
    assertThat(first.data().path("id").longValue()).isEqualTo(9007199254740993L);
  }

  @Test
  void decimals_keepAllOfTheirDigits(DB db) {
    String data = "{\"exact\":0.12345678901234567890123,\"cents\":1.10,\"huge\":1E+400}";
    Events.emit(db, event("measured", data));

    Event read = Events.after(db, 0, 1).get(0);
    assertThat(read.data()).hasToString(data);
    assertThat(Bodies.JSON.writeValueAsString(read)).contains(data);
  }

  /** Defect 63: ids come in the order of commits, so whoever goes on behind one misses nothing. */
  @Test
  void events_emittedBy8ThreadsAtOnce_areReadOnceEachInOrder_whileTheyCome(DB db) throws Exception {
    int each = 50;
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Long> seen = new ArrayList<>();
    try {
      List<Future<?>> emitters = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        emitters.add(threads.submit(() -> emit(db, each)));
      }
      boolean last = false;
      while (!last) {
        last = emitters.stream().allMatch(Future::isDone);
        long behind = seen.isEmpty() ? 0 : seen.get(seen.size() - 1);
        Events.after(db, behind, 1_000).forEach(event -> seen.add(event.id()));
      }
      for (Future<?> emitter : emitters) {
        emitter.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(seen).isSorted().doesNotHaveDuplicates().hasSize(8 * each);
  }

  private static void emit(DB db, int count) {
    for (int i = 0; i < count; i++) {
      Events.emit(db, event("a", "{}"));
    }
  }

  @Test
  void type_thatIsNoName_isRefusedByTheSchemaToo(DB db) {
    assertThatExceptionOfType(CheckViolationException.class)
        .isThrownBy(() -> Events.emit(db, event("\n", "{}")))
        .satisfies(e -> assertThat(e.constraint()).hasValue("type_form"));
  }

  private static NewEvent event(String type, String json) {
    return new NewEvent(type, Bodies.JSON.readTree(json));
  }
}
