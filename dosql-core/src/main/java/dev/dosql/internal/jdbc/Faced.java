package dev.dosql.internal.jdbc;

import org.jspecify.annotations.Nullable;

/**
 * An object with the methods of an interface of JDBC that are supported; {@link Face} makes the
 * interface of it.
 *
 * @param <T> the interface
 */
abstract class Faced<T> {
  private final Class<? extends T> type;
  private @Nullable T face;

  Faced(Class<? extends T> type) {
    this.type = type;
  }

  /** What users see. */
  final synchronized T face() {
    if (face == null) {
      face = Face.of(type, this);
    }
    return face;
  }

  /** The session whose lock its methods are called under, or null if they need none. */
  abstract @Nullable Session session();
}
