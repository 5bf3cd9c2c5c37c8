package dev.dosql.migrations;

import org.jspecify.annotations.Nullable;

/**
 * A folder that cannot be used, or a database that could not be brought up to date.
 *
 * <p>Whatever the kind, the database is at the last version whose file ran to its end: the failing
 * file has left nothing behind, its row in the history included, and a corrected file can be
 * applied without any repair. The message holds no row contents.
 */
public final class MigrationFailure extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int STATEMENT_LENGTH_MAX = 500;

  /** What went wrong. */
  public enum Kind {
    /** The folder or one of its files cannot be read, or a file is not UTF-8. */
    UNREADABLE,
    /** A file ends in {@code .sql} or {@code .sql.conf} and its name is none of the known forms. */
    WRONGLY_NAMED,
    /** Two files have one version, or two repeatable files one description. */
    DUPLICATE_VERSION,
    /** An applied file has other contents or another description than when it was applied. */
    EDITED,
    /** An applied file is no longer there. */
    MISSING,
    /** A file that was not applied is older than the newest applied one. */
    OUT_OF_ORDER,
    /** A file is not a list of whole statements, or has a statement that is not allowed in one. */
    UNPARSABLE,
    /** SQLite refused a statement. */
    STATEMENT_FAILED,
    /** After a file had run there were rows without their parent. */
    FOREIGN_KEY_VIOLATED,
    /** The database has versions newer than the newest file. */
    NEWER_SCHEMA,
    /** The database or its data source failed, or the thread was interrupted. */
    DATABASE
  }

  /** What failed. */
  private final Kind kind;

  /** The file, if one is to blame. */
  private final @Nullable String file;

  /** The line in that file. */
  private final int line;

  /** The statement, cut. */
  private final @Nullable String statement;

  MigrationFailure(Kind kind, String message, @Nullable String file, @Nullable Throwable cause) {
    this(kind, message, file, 0, null, cause);
  }

  MigrationFailure(
      Kind kind,
      String message,
      @Nullable String file,
      int line,
      @Nullable String statement,
      @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.file = file;
    this.line = line;
    this.statement = statement == null ? null : cut(statement);
  }

  /**
   * What went wrong.
   *
   * @return the kind, for callers to branch on
   */
  public Kind kind() {
    return kind;
  }

  /**
   * The file to blame.
   *
   * @return the file's name as the user wrote it, without its folder; null when no file is to blame
   */
  public @Nullable String file() {
    return file;
  }

  /**
   * Where in the file.
   *
   * @return the line of the failing statement's first word, or of the text that could not be read;
   *     the first line is 1; 0 when unknown
   */
  public int line() {
    return line;
  }

  /**
   * The statement to blame.
   *
   * @return the text of the statement without the comments before it, cut after 500 characters;
   *     null when unknown
   */
  public @Nullable String statement() {
    return statement;
  }

  private static String cut(String text) {
    return text.length() <= STATEMENT_LENGTH_MAX ? text : text.substring(0, STATEMENT_LENGTH_MAX);
  }
}
