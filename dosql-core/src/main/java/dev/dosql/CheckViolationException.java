package dev.dosql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A row does not satisfy a CHECK. */
public final class CheckViolationException extends ConstraintViolationException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what failed
   * @param kind the kind of constraint
   * @param table the table, or null where SQLite does not tell
   * @param columns the columns in the constraint's order; may be empty
   * @param constraint the name of the constraint or index, or null
   * @param cause what it came from
   */
  public CheckViolationException(
      String message,
      Kind kind,
      @Nullable String table,
      List<String> columns,
      @Nullable String constraint,
      Throwable cause) {
    super(message, kind, table, columns, constraint, cause);
  }
}
