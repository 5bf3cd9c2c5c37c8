package dev.dosql.storage.ship;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GrowthTest {
  private final Growth growth = new Growth();

  @Test
  void captured_leavesWhatCameSince() {
    growth.looked(1_000);
    assertThat(growth.leftBytes()).isEqualTo(1_000);
    Growth.Seen seen = growth.seen();
    growth.looked(1_500);
    assertThat(growth.leftBytes()).as("it is not captured yet").isEqualTo(1_500);
    growth.captured(seen);
    assertThat(growth.leftBytes()).isEqualTo(500);
  }

  @Test
  void captured_ofALogThatWasBegunAnewSince_countsNothing() {
    growth.looked(1_000);
    Growth.Seen old = growth.seen();
    growth.looked(10);
    growth.looked(2_000);
    growth.captured(old);
    assertThat(growth.leftBytes()).isEqualTo(2_000);
  }

  @Test
  void captured_twoThatEndTheOtherWayRound_countTheLonger() {
    growth.looked(1_000);
    Growth.Seen first = growth.seen();
    growth.looked(1_200);
    growth.captured(growth.seen());
    growth.captured(first);
    assertThat(growth.leftBytes()).isZero();
  }
}
