package dev.dosql.internal.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.MappingException;
import dev.dosql.Row;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;

class NamedRowTest {
  private static final List<String> COLUMNS = List.of("id", "Name", "ratio", "data", "gone", "ok");

  private final Values values = new Values(List.of(), null);
  private final Row row = row(COLUMNS, 7L, "secret", 1.5, new byte[] {1, 2}, null, 1L);

  record Named(long id, String name, Optional<String> gone) {}

  @Test
  void values_byPositionAndName_areTheSame() {
    assertThat(row.columns()).isEqualTo(COLUMNS);
    for (int column = 0; column < COLUMNS.size(); column++) {
      assertThat(row.get(column)).isEqualTo(row.get(COLUMNS.get(column)));
      assertThat(row.isNull(column)).isEqualTo(column == 4);
      assertThat(row.isNull(COLUMNS.get(column))).isEqualTo(column == 4);
    }
    assertThat(row.get(0)).isEqualTo(7L);
    assertThat(row.get("data")).isEqualTo(new byte[] {1, 2});
  }

  @Test
  void typedGetters_byPositionAndName_convert() {
    assertThat(row.getLong(0)).isEqualTo(row.getLong("id")).isEqualTo(7);
    assertThat(row.getInt(0)).isEqualTo(row.getInt("id")).isEqualTo(7);
    assertThat(row.getDouble(2)).isEqualTo(row.getDouble("ratio")).isEqualTo(1.5);
    assertThat(row.getBoolean(5)).isEqualTo(row.getBoolean("ok")).isTrue();
    assertThat(row.getString(1)).isEqualTo(row.getString("name")).isEqualTo("secret");
    assertThat(row.getBytes(3)).isEqualTo(row.getBytes("data")).containsExactly(1, 2);
    assertThat(row.get(0, int.class)).isEqualTo(row.get("id", int.class)).isEqualTo(7);
    assertThat(row.get("gone", Integer.class)).isNull();
    assertThat(row.getString("gone")).isNull();
    assertThat(row.getBytes("gone")).isNull();
  }

  @Test
  void null_asAPrimitive_isRefused() {
    assertRefused(() -> row.getLong("gone")).withMessageContainingAll("column=gone", "stored=NULL");
    assertRefused(() -> row.getInt(4));
    assertRefused(() -> row.getDouble(4));
    assertRefused(() -> row.getBoolean(4));
    assertRefused(() -> row.get(4, long.class));
  }

  @Test
  void conversion_thatDoesNotFit_isRefusedWithoutTheValue() {
    assertRefused(() -> row.getLong("ratio"));
    assertRefused(() -> row.getString("id")).withMessageContaining("target=java.lang.String");
    assertRefused(() -> row.getInt("name")).withMessageNotContaining("secret");
    assertRefused(() -> row.get("name", Instant.class)).withMessageNotContaining("secret");
    assertRefused(() -> row.get("name", TimeUnit.class)).withMessageNotContaining("secret");
  }

  @Test
  void type_thatNothingReads_isRefused() {
    assertRefused(() -> row.get("name", StringBuilder.class))
        .withMessageContainingAll("Converter", "column=Name", "java.lang.StringBuilder");
    assertRefused(() -> row.get("name", Optional.class));
  }

  @Test
  void column_thatIsNotThere_isRefused() {
    for (int column : new int[] {-1, 6, Integer.MAX_VALUE}) {
      assertRefused(() -> row.get(column)).withMessageContaining("column=" + column);
    }
    assertRefused(() -> row.get("nope")).withMessageContainingAll("column=nope", "Name");
    assertRefused(() -> row.isNull("i_d"));
  }

  @Test
  void name_inAnyAsciiCase_isFound() {
    Row row = row(List.of("ÄB"), 1L);

    assertThat(row.getLong("Äb")).isEqualTo(1);
    assertRefused(() -> row.getLong("äb"));
  }

  @Test
  void doubledName_isRefusedOnlyWhenAskedFor() {
    Row row = row(List.of("id", "n", "ID", "id"), 1L, 2L, 3L, 4L);

    assertThat(row.getLong("n")).isEqualTo(2);
    assertThat(row.getLong(2)).isEqualTo(3);
    assertRefused(() -> row.getLong("Id")).withMessageContaining("two columns");
    assertRefused(row::toMap).withMessageContaining("two columns");
  }

  @Test
  void arrays_handedOut_areCopies() {
    row.getBytes("data")[0] = 9;
    ((byte[]) row.get("data"))[0] = 9;
    row.get("data", byte[].class)[0] = 9;
    ((byte[]) row.toMap().get("data"))[0] = 9;

    assertThat(row.getBytes("data")).containsExactly(1, 2);
  }

  @Test
  void toMap_hasTheColumnsInOrderAndCannotBeChanged() {
    assertThat(row.toMap().keySet()).containsExactlyElementsOf(COLUMNS);
    assertThat(row.toMap()).containsEntry("id", 7L).containsEntry("gone", null);
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> row.toMap().clear());
  }

  @Test
  void as_aTypeOfRows_mapsLikeAQuery() {
    assertThat(row.as(Named.class)).isEqualTo(new Named(7, "secret", Optional.empty()));
    assertThat(row(List.of("n"), 3L).as(int.class)).isEqualTo(3);
    assertThat(row.as(Row.class)).isEqualTo(row);
    assertRefused(() -> row.as(Long.class));
  }

  @Test
  void rows_withTheSameColumnsAndValues_areEqual() {
    Row same = row(COLUMNS, 7L, "secret", 1.5, new byte[] {1, 2}, null, 1L);

    assertThat(row).isEqualTo(same).hasSameHashCodeAs(same);
    assertThat(row).isNotEqualTo(row(COLUMNS, 7L, "secret", 1.5, new byte[] {1, 3}, null, 1L));
    assertThat(row(List.of("a"), 1L)).isNotEqualTo(row(List.of("b"), 1L)).isNotEqualTo("a");
  }

  @Test
  void toString_showsNamesAndTypesAlone() {
    assertThat(row)
        .hasToString("Row[id INTEGER, Name TEXT, ratio REAL, data BLOB, gone NULL, ok INTEGER]");
  }

  @Test
  void columns_changedByTheCaller_stay() {
    List<String> names = Arrays.asList("a", "b");
    RowReader<Row> reader = values.rowReader(names);
    names.set(0, "z");

    Row row = reader.read(StoredRow.of(1L, 2L));
    assertThat(row.columns()).containsExactly("a", "b");
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> row.columns().clear());
  }

  private ThrowableAssertAlternative<MappingException> assertRefused(ThrowingCallable call) {
    return assertThatExceptionOfType(MappingException.class).isThrownBy(call);
  }

  private Row row(List<String> columns, Object... of) {
    return values.rowReader(columns).read(StoredRow.of(of));
  }
}
