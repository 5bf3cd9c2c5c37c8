package dev.dosql.storage.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LtxFilesTest {

  @Test
  void name_ofTransactions_isReadAgain() {
    String name = LtxFiles.name(1, 0x1f);
    assertThat(name).isEqualTo("0000000000000001-000000000000001f.ltx");
    assertThat(LtxFiles.parse(name)).contains(new LtxFiles.Range(1, 31));
    assertThat(LtxFiles.parse(LtxFiles.name(Long.MAX_VALUE, Long.MAX_VALUE)))
        .contains(new LtxFiles.Range(Long.MAX_VALUE, Long.MAX_VALUE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0000000000000001-000000000000001F.ltx",
        "0000000000000001-000000000000001f.ltx.tmp",
        "000000000000001-000000000000001f.ltx",
        "0000000000000000-0000000000000001.ltx",
        "0000000000000002-0000000000000001.ltx",
        "8000000000000000-8000000000000001.ltx",
        "a/0000000000000001-0000000000000001.ltx",
      })
  void name_ofAnythingElse_isNotRead(String name) {
    assertThat(LtxFiles.parse(name)).isEmpty();
  }

  @Test
  void name_ofTransactionsOutOfOrder_isRefused() {
    assertThatThrownBy(() -> LtxFiles.name(5, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("txids refused: min=5 max=4, needed 1 <= min <= max");
  }

  @ParameterizedTest
  @CsvSource({"512, 2097153", "4096, 262145", "65536, 16385"})
  void lockPage_isTheOneAtOneGibibyte(int pageSize, long lockPage) {
    assertThat(LtxFiles.lockPage(pageSize)).isEqualTo(lockPage);
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -512, 0, 1, 256, 513, 4097, 131_072})
  void pageSize_thatSqliteHasNot_isNone(int pageSize) {
    assertThat(LtxFiles.isPageSize(pageSize)).isFalse();
  }
}
