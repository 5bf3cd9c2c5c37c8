package dev.dosql.storage.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LtxHeaderTest {

  @Test
  void header_ofAnySort_comesBack() throws Exception {
    LtxHeader header =
        new LtxHeader(
            65_536, 0xfffffffeL, 7, Long.MAX_VALUE, -5, Long.MAX_VALUE, 24, -1, 1 << 31, -9);
    assertThat(LtxHeader.decode(header.encode(), "x")).isEqualTo(header);
  }

  @Test
  void header_withAValueOutOfRange_isRefused() {
    refused("pageSize=1000", 1000, 1, 1, 1, 0, 0, 0, 0);
    refused("commit=0", 512, 0, 1, 1, 0, 0, 0, 0);
    refused("commit=4294967295", 512, 0xffffffffL, 1, 1, 0, 0, 0, 0);
    refused("minTxid=0", 512, 1, 0, 1, 0, 0, 0, 0);
    refused("maxTxid=1", 512, 1, 2, 1, 0, 0, 0, 0);
    refused("walOffset=-1", 512, 1, 1, 1, -1, 0, 0, 0);
    refused("walSize=-1", 512, 1, 1, 1, 32, -1, 0, 0);
    refused("walOffset=0", 512, 1, 1, 1, 0, 24, 0, 0);
    refused("walOffset=0", 512, 1, 1, 1, 0, 0, 1, 0);
    refused("walOffset=0", 512, 1, 1, 1, 0, 0, 0, 1);
  }

  private static void refused(
      String seen,
      int pageSize,
      long commit,
      long min,
      long max,
      long offset,
      long size,
      int salt1,
      int salt2) {
    assertThatThrownBy(
            () -> new LtxHeader(pageSize, commit, min, max, 0, offset, size, salt1, salt2, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(seen);
  }
}
