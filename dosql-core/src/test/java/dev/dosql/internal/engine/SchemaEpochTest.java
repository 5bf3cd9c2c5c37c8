package dev.dosql.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Numbers that say whether what was noted of a schema still holds. */
class SchemaEpochTest {
  @Test
  void epoch_schemaChanges_isOddMeanwhileAndAnotherAfterwards() {
    SchemaEpoch epoch = new SchemaEpoch();
    long before = epoch.current();
    epoch.settled();
    assertThat(epoch.current()).isEqualTo(before);
    epoch.changing();
    epoch.changing();
    assertThat(epoch.current() % 2).isEqualTo(1);
    assertThat(Rows.settled(epoch.current(), epoch::current)).isEqualTo(Rows.UNSETTLED);
    epoch.settled();
    assertThat(epoch.current()).isGreaterThan(before).matches(value -> value % 2 == 0);
    assertThat(Rows.settled(before, epoch::current)).isEqualTo(Rows.UNSETTLED);
    assertThat(Rows.settled(epoch.current(), epoch::current)).isEqualTo(epoch.current());
  }
}
