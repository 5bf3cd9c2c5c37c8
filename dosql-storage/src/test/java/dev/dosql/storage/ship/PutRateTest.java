package dev.dosql.storage.ship;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PutRateTest {
  @Test
  void take_beyondASecondsWorth_waits() {
    PutRate rate = new PutRate(50);
    long began = System.nanoTime();
    for (int i = 0; i < 75; i++) {
      rate.take(() -> false);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isBetween(Duration.ofMillis(400), Duration.ofSeconds(5));
  }

  @Test
  void take_urgent_neverWaits_butCounts() {
    PutRate rate = new PutRate(10);
    long began = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      rate.take(() -> true);
    }
    long afterUrgent = System.nanoTime();
    assertThat(Duration.ofNanos(afterUrgent - began)).isLessThan(Duration.ofMillis(500));
    rate.take(() -> false);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(800));
  }

  @Test
  void take_threadInterrupted_doesNotWait() {
    PutRate rate = new PutRate(1);
    rate.take(() -> false);
    Thread.currentThread().interrupt();
    long began = System.nanoTime();
    rate.take(() -> false);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(500));
  }

  @Test
  void take_longDebtOfUrgentPuts_delaysOthersByASecondAtMost() {
    PutRate rate = new PutRate(1);
    for (int i = 0; i < 100; i++) {
      rate.take(() -> true);
    }
    long began = System.nanoTime();
    rate.take(() -> false);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
  }

  @Test
  void take_thatBecomesUrgent_endsItsWait() {
    PutRate rate = new PutRate(1);
    rate.take(() -> false);
    rate.take(() -> false);
    long began = System.nanoTime();
    rate.take(() -> System.nanoTime() - began > 50_000_000);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(600));
  }
}
