package dev.dosql.web;

import java.time.Instant;

/**
 * A session that has begun. Its token is here and nowhere else: what is kept is its hash.
 *
 * @param token what the client sends as {@code Authorization: Bearer …}
 * @param account whose it is
 * @param expiresAt from when on it is no longer accepted
 */
public record Session(String token, Account account, Instant expiresAt) {
  /** Without the token, since texts of objects end in logs. */
  @Override
  public String toString() {
    return "Session[account=" + account.id() + ", expiresAt=" + expiresAt + "]";
  }
}
