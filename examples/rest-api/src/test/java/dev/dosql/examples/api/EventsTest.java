package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.CheckViolationException;
import dev.dosql.DB;
import dev.dosql.junit.DoSqlTest;
import org.junit.jupiter.api.Test;

@DoSqlTest(migrations = "classpath:migrations")
class EventsTest {
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
  void type_thatIsNoName_isRefusedByTheSchemaToo(DB db) {
    assertThatExceptionOfType(CheckViolationException.class)
        .isThrownBy(() -> Events.emit(db, event("\n", "{}")))
        .satisfies(e -> assertThat(e.constraint()).hasValue("type_form"));
  }

  private static NewEvent event(String type, String json) {
    return new NewEvent(type, Bodies.JSON.readTree(json));
  }
}
