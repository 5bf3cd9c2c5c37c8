package dev.dosql;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The migrations cannot bring a schema up to date. Every file that came before the one named here
 * is applied, nothing of the one named here is: the tenant stands at its last good version, and the
 * next open tries again.
 */
public final class MigrationException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Kind {
    /** The folder or a file cannot be read. */
    UNREADABLE,
    /** A file's name has no version in it. */
    WRONGLY_NAMED,
    /** Two files have the same version. */
    DUPLICATE_VERSION,
    /** A file that was applied has been changed since. */
    EDITED,
    /** A file that was applied is gone. */
    MISSING,
    /** A new file is older than the newest that was applied. */
    OUT_OF_ORDER,
    /** A file is not SQL that can be run in one transaction. */
    UNPARSABLE,
    /** A statement failed. */
    STATEMENT_FAILED,
    /** A file leaves rows behind whose foreign keys point nowhere. */
    FOREIGN_KEY_VIOLATED,
    /** The schema is newer than the files, and {@code newerSchema} is REFUSE. */
    NEWER_SCHEMA,
    /** The database itself failed. */
    DATABASE
  }

  private final Kind kind;
  private final @Nullable String file;
  private final int line;
  private final @Nullable String statement;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param kind what is wrong
   * @param file the file's name, or null when it is not about one file
   * @param line the line in it, from 1, or 0 where it is not known
   * @param statement the statement, or null where it is not known
   * @param cause what it came from, or null
   */
  public MigrationException(
      String message,
      Kind kind,
      @Nullable String file,
      int line,
      @Nullable String statement,
      @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.file = file;
    this.line = line;
    this.statement = statement;
  }

  /**
   * What is wrong.
   *
   * @return the kind
   */
  public Kind kind() {
    return kind;
  }

  /**
   * The file that is at fault.
   *
   * @return its name, or empty when it is not about one file
   */
  public Optional<String> file() {
    return Optional.ofNullable(file);
  }

  /**
   * The line in {@link #file()} at which the fault begins.
   *
   * @return the line, from 1, or 0 where it is not known
   */
  public int line() {
    return line;
  }

  /**
   * The statement that is at fault; long ones are cut.
   *
   * @return its text, or empty where it is not known
   */
  public Optional<String> statement() {
    return Optional.ofNullable(statement);
  }
}
