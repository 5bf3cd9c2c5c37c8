package dev.dosql.web;

import io.javalin.security.RouteRole;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who may use a route of Javalin, given where the route is made. A route without one is {@link
 * #SIGNED_IN}: what is forgotten is closed. {@code HEAD} needs a route of its own with an access
 * that is named; that of the {@code GET} route does not count, and the answer is 405.
 *
 * <p>Immutable; safe for use by many threads.
 */
@SuppressWarnings("exports") // Whoever uses it requires io.javalin.
public final class Access implements RouteRole {
  /** Everybody, and no tenant is looked for or opened: {@code /health}. */
  public static final Access NO_TENANT = new Access("NO_TENANT", null);

  /**
   * Everybody, in the tenant of the request: to sign up and to log in. A token that was sent is
   * checked all the same.
   */
  public static final Access ANYONE = new Access("ANYONE", null);

  /** Every verified identity of the tenant. */
  public static final Access SIGNED_IN = new Access("SIGNED_IN", null);

  private final String name;
  private final @Nullable String role;

  private Access(String name, @Nullable String role) {
    this.name = name;
    this.role = role;
  }

  /**
   * Identities of the tenant that have a role; of several, any.
   *
   * @param role the role
   * @return the access
   */
  public static Access role(String role) {
    return new Access("role " + role, Objects.requireNonNull(role, "role"));
  }

  /**
   * The role that is needed.
   *
   * @return the role, or empty if it is not about one
   */
  public Optional<String> role() {
    return Optional.ofNullable(role);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Access access && name.equals(access.name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }
}
