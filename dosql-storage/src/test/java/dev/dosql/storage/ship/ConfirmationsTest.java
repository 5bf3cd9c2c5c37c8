package dev.dosql.storage.ship;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConfirmationsTest {
  private static final String OLD = "0000000000000001";
  private static final String NEW = "0000000000000002";

  private final Confirmations confirmations = new Confirmations();

  @Test
  void confirmed_segment_confirmsTheCommitsInIt() {
    confirmations.captured(OLD, 1, 5);
    confirmations.captured(OLD, 2, 9);
    assertThat(confirmations.txidOf(5)).hasValue(1);
    assertThat(confirmations.txidOf(6)).hasValue(2);
    assertThat(confirmations.txidOf(10)).isEmpty();
    confirmations.confirmed(OLD, 1);
    assertThat(confirmations.commit()).isEqualTo(5);
    confirmations.confirmed(OLD, 2);
    assertThat(confirmations.commit()).isEqualTo(9);
  }

  @Test
  void captured_nothingNew_isConfirmedWithWhatIsThere() {
    confirmations.captured(OLD, 1, 5);
    confirmations.confirmed(OLD, 1);
    confirmations.captured(OLD, 1, 6); // A commit that changed no page.
    assertThat(confirmations.commit()).isEqualTo(6);
  }

  @Test
  void reopened_commitsAreCountedAnew_segmentsGoOn() {
    confirmations.captured(OLD, 1, 5);
    confirmations.reopened();
    assertThat(confirmations.commit()).isZero();
    confirmations.confirmed(OLD, 1);
    assertThat(confirmations.commit()).as("of the last opening").isZero();
    confirmations.captured(OLD, 2, 3);
    confirmations.confirmed(OLD, 2);
    assertThat(confirmations.commit()).isEqualTo(3);
  }

  @Test
  void newHistory_isNotConfirmedByTheOldOne() {
    confirmations.captured(OLD, 7, 5);
    confirmations.confirmed(OLD, 7);
    confirmations.captured(NEW, 1, 8);
    assertThat(confirmations.txid(NEW)).isZero();
    confirmations.confirmed(OLD, 9);
    assertThat(confirmations.commit()).isEqualTo(5);
    confirmations.confirmed(NEW, 1);
    assertThat(confirmations.commit()).isEqualTo(8);
    assertThat(confirmations.txid(OLD)).isZero();
  }

  @Test
  void put_segmentsThatNobodyConfirms_areRememberedAsOne() {
    for (int i = 1; i <= 1_000; i++) {
      confirmations.captured(OLD, i, 2L * i);
      confirmations.put(OLD, i);
    }
    assertThat(confirmations.size()).isEqualTo(1);
    assertThat(confirmations.txidOf(7)).hasValue(1_000);
    confirmations.confirmed(OLD, 1_000);
    assertThat(confirmations.commit()).isEqualTo(2_000);
  }
}
