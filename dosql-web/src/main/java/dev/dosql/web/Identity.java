package dev.dosql.web;

import java.util.Set;

/**
 * Who sends a request, verified, and of which tenant they are.
 *
 * @param kind what it is
 * @param tenant the tenant it belongs to; it is nobody in any other
 * @param subject who it is in that tenant: of a user the account's id
 * @param roles what it may do, in the application's words
 */
public record Identity(Kind kind, String tenant, String subject, Set<String> roles) {
  /** What an identity is. */
  public enum Kind {
    /** A user with an account and a session. */
    USER,
    /** A service with a signed token. */
    SERVICE
  }

  /**
   * Copies the roles.
   *
   * @param kind what it is
   * @param tenant the tenant it belongs to
   * @param subject who it is in that tenant
   * @param roles what it may do
   */
  public Identity {
    roles = Set.copyOf(roles);
  }

  /**
   * Whether it has a role.
   *
   * @param role the role
   * @return true if it has
   */
  public boolean hasRole(String role) {
    return roles.contains(role);
  }

  /**
   * The account of a user.
   *
   * @return its id
   * @throws WebException 403 if this is a service, which has none
   */
  public long accountId() {
    if (kind != Kind.USER) {
      throw WebException.forbidden("needs a user's session");
    }
    return Long.parseLong(subject);
  }
}
