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

  @Test
  void isUnread_inSteps_thatCaptureAndReadingShare() {
    growth.looked(1_000);
    assertThat(growth.isUnread(1_001)).isFalse();
    assertThat(growth.isUnread(1_000)).isTrue();
    assertThat(growth.isUnread(1)).as("it counts as read").isFalse();
    growth.looked(2_000);
    growth.captured(growth.seen());
    growth.looked(2_500);
    assertThat(growth.isUnread(501)).as("more was captured than read").isFalse();
    assertThat(growth.isUnread(500)).isTrue();
    assertThat(growth.leftBytes()).as("it is not captured").isEqualTo(500);
  }

  @Test
  void isUnread_ofALogThatWasBegunAnew_beginsAnew() {
    growth.looked(1_000);
    assertThat(growth.isUnread(1_000)).isTrue();
    growth.looked(600);
    assertThat(growth.isUnread(600)).isTrue();
  }
}
