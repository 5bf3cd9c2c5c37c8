package dev.dosql;

/**
 * A row cannot become what was asked for: a column is missing or doubled, NULL meets a primitive,
 * or a conversion would lose information. A statement that had already written, as an INSERT with
 * RETURNING, stays written; of {@link DB#once} nothing does.
 */
public final class MappingException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public MappingException(String message) {
    super(message);
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public MappingException(String message, Throwable cause) {
    super(message, cause);
  }
}
