package dev.dosql.web;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What the tests say of refusals. */
final class Refusals {
  private Refusals() {}

  static void assertRefused(int status, ThrowingCallable call) {
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(call)
        .matches(e -> e.problem().status() == status, "status " + status);
  }
}
