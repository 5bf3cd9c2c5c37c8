package dev.dosql.storage.ship;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConfirmationsTest {
  private final Confirmations confirmations = new Confirmations();

  @Test
  void confirmed_segment_confirmsTheCommitsInIt() {
    confirmations.captured(1, 5);
    confirmations.captured(2, 9);
    assertThat(confirmations.txidOf(5)).hasValue(1);
    assertThat(confirmations.txidOf(6)).hasValue(2);
    assertThat(confirmations.txidOf(10)).isEmpty();
    confirmations.confirmed(1);
    assertThat(confirmations.commit()).isEqualTo(5);
    confirmations.confirmed(2);
    assertThat(confirmations.commit()).isEqualTo(9);
  }

  @Test
  void captured_nothingNew_isConfirmedWithWhatIsThere() {
    confirmations.captured(1, 5);
    confirmations.confirmed(1);
    confirmations.captured(1, 6); // A commit that changed no page.
    assertThat(confirmations.commit()).isEqualTo(6);
  }

  @Test
  void reopened_commitsAreCountedAnew_segmentsGoOn() {
    confirmations.captured(1, 5);
    confirmations.reopened();
    assertThat(confirmations.commit()).isZero();
    confirmations.confirmed(1);
    assertThat(confirmations.commit()).as("of the last opening").isZero();
    confirmations.captured(2, 3);
    confirmations.confirmed(2);
    assertThat(confirmations.commit()).isEqualTo(3);
  }

  @Test
  void newHistory_isNotConfirmedByTheOldOne() {
    confirmations.captured(7, 5);
    confirmations.confirmed(7);
    confirmations.newHistory();
    confirmations.captured(1, 8);
    assertThat(confirmations.txid()).isZero();
    assertThat(confirmations.commit()).isEqualTo(5);
    confirmations.confirmed(1);
    assertThat(confirmations.commit()).isEqualTo(8);
  }
}
