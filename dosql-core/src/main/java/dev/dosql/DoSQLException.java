package dev.dosql;

import org.jspecify.annotations.Nullable;

/**
 * The root of everything that this library throws about the world: data, SQL, files, other callers.
 *
 * <p>Callers branch on the type and on typed accessors, never on the text. A message says what
 * failed, what was seen and what was needed; it holds no bound value and no row, because tenants
 * share the log. Misuse of the Java API itself (a null argument, a negative size) is reported with
 * the JDK's own exceptions.
 */
public abstract class DoSQLException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  protected DoSQLException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from, or null
   */
  protected DoSQLException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
