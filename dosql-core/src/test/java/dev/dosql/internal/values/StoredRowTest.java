package dev.dosql.internal.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class StoredRowTest {
  private final StoredRow row = StoredRow.of(1L, 2.5, "x", new byte[] {3}, null);

  @Test
  void values_ofEveryType_areThere() {
    assertThat(row.count()).isEqualTo(5);
    assertThat(new int[] {row.type(0), row.type(1), row.type(2), row.type(3), row.type(4)})
        .containsExactly(1, 2, 3, 4, 5);
    assertThat(row.longAt(0)).isEqualTo(1);
    assertThat(row.doubleAt(1)).isEqualTo(2.5);
    assertThat(row.textAt(2)).isEqualTo("x");
    assertThat(row.blobAt(3)).containsExactly(3);
  }

  @Test
  void null_readAsAValue_isAnError() {
    assertThatExceptionOfType(NullPointerException.class).isThrownBy(() -> row.longAt(4));
  }

  @Test
  void read_ofAnotherRow_isEqualToIt() {
    StoredRow read = StoredRow.read(row);

    assertThat(read).isEqualTo(row).hasSameHashCodeAs(row).isNotSameAs(row);
    assertThat(read).isNotEqualTo(StoredRow.of(1L, 2.5, "x", new byte[] {4}, null));
  }

  @Test
  void blob_changedByItsReader_staysAsItWas() {
    row.blobAt(3)[0] = 9;

    assertThat(row.blobAt(3)).containsExactly(3);
  }

  @Test
  void of_whatSqliteDoesNotHave_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StoredRow.of(1))
        .withMessageContaining("java.lang.Integer");
  }

  @Test
  void toString_showsTypesAlone() {
    assertThat(row).hasToString("StoredRow[INTEGER, REAL, TEXT, BLOB, NULL]");
  }
}
