package dev.dosql.web;

import java.time.Instant;
import java.util.Set;

/**
 * A user of a tenant.
 *
 * @param id the account's number, which is never given to another
 * @param login the name to log in with, as it is kept: without blanks around it, in lower case
 * @param roles what the user may do, in the application's words
 * @param createdAt when it was made
 */
public record Account(long id, String login, Set<String> roles, Instant createdAt) {
  /**
   * Copies the roles.
   *
   * @param id the account's number
   * @param login the name to log in with
   * @param roles what the user may do
   * @param createdAt when it was made
   */
  public Account {
    roles = Set.copyOf(roles);
  }
}
