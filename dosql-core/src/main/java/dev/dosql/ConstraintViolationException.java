package dev.dosql;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A statement broke a constraint of the schema and had no effect; but one that says {@code OR FAIL}
 * keeps the rows that it wrote before the one at fault.
 *
 * <p>The common kinds have types of their own; this type itself stands for the others, such as
 * {@code RAISE(ABORT)} in a trigger or a wrong type in a STRICT table. What SQLite does not tell is
 * empty: it names no table for a foreign key or a CHECK.
 */
public class ConstraintViolationException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /** What kind of constraint it was. */
  public enum Kind {
    /** UNIQUE, or a unique index. */
    UNIQUE,
    /** PRIMARY KEY. */
    PRIMARY_KEY,
    /** FOREIGN KEY, from the child's or the parent's side. */
    FOREIGN_KEY,
    /** NOT NULL. */
    NOT_NULL,
    /** CHECK. */
    CHECK,
    /** The type of a column in a STRICT table, or of an INTEGER PRIMARY KEY. */
    DATATYPE,
    /** {@code RAISE} in a trigger. */
    TRIGGER,
    /** Anything else that SQLite reports as a constraint. */
    OTHER
  }

  private final Kind kind;
  private final @Nullable String table;
  private final @Nullable String constraint;
  private final String[] columns;

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
  public ConstraintViolationException(
      String message,
      Kind kind,
      @Nullable String table,
      List<String> columns,
      @Nullable String constraint,
      Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.table = table;
    this.columns = columns.toArray(String[]::new);
    this.constraint = constraint;
  }

  /**
   * The kind of constraint.
   *
   * @return the kind
   */
  public final Kind kind() {
    return kind;
  }

  /**
   * The table whose constraint it was.
   *
   * @return the table, or empty where SQLite does not tell
   */
  public final Optional<String> table() {
    return Optional.ofNullable(table);
  }

  /**
   * The columns of the constraint.
   *
   * @return the columns in the constraint's order, empty where SQLite does not tell
   */
  public final List<String> columns() {
    return List.of(columns);
  }

  /**
   * The name of a CHECK constraint (or its expression, if it has no name), or of an index on an
   * expression, or the message of {@code RAISE}.
   *
   * @return the name, or empty where SQLite does not tell
   */
  public final Optional<String> constraint() {
    return Optional.ofNullable(constraint);
  }
}
