package dev.dosql.internal.sqlite;

/**
 * What SQLite said when a call failed. It becomes one of the public errors before a user sees it.
 */
public final class SqliteException extends Exception {
  private static final long serialVersionUID = 1L;

  /** SQLITE_ERROR. */
  public static final int ERROR = 1;

  /** SQLITE_BUSY. */
  public static final int BUSY = 5;

  /** SQLITE_LOCKED. */
  public static final int LOCKED = 6;

  /** SQLITE_READONLY. */
  public static final int READONLY = 8;

  /** SQLITE_INTERRUPT. */
  public static final int INTERRUPT = 9;

  /** SQLITE_IOERR. */
  public static final int IOERR = 10;

  /** SQLITE_CORRUPT. */
  public static final int CORRUPT = 11;

  /** SQLITE_FULL. */
  public static final int FULL = 13;

  /** SQLITE_CANTOPEN. */
  public static final int CANTOPEN = 14;

  /** SQLITE_SCHEMA. */
  public static final int SCHEMA = 17;

  /** SQLITE_TOOBIG. */
  public static final int TOOBIG = 18;

  /** SQLITE_CONSTRAINT. */
  public static final int CONSTRAINT = 19;

  /** SQLITE_MISMATCH: a rowid that is no integer. */
  public static final int MISMATCH = 20;

  /** SQLITE_MISUSE; also what a closed connection answers. */
  public static final int MISUSE = 21;

  /** SQLITE_NOTADB. */
  public static final int NOTADB = 26;

  /** SQLITE_INTERRUPT, because the statement ran for too long; not a code of SQLite's own. */
  public static final int TIMEOUT = INTERRUPT | 255 << 8;

  /** SQLITE_FULL, because the database may not grow further; not a code of SQLite's own. */
  public static final int DATABASE_FULL = FULL | 255 << 8;

  private final int code;
  private final long allowed;
  private final long seen;

  /** Makes the error of an extended result code and SQLite's own text. */
  public SqliteException(int code, String text, Throwable cause) {
    this(code, text, 0, 0, cause);
  }

  /**
   * Makes the error of a limit.
   *
   * @param allowed how much the limit allows: nanoseconds of a {@link #TIMEOUT}, bytes of a {@link
   *     #DATABASE_FULL}
   * @param seen how much was seen
   */
  public SqliteException(int code, String text, long allowed, long seen, Throwable cause) {
    super(text, cause);
    this.code = code;
    this.allowed = allowed;
    this.seen = seen;
  }

  /** Makes the error of an extended result code and a text. */
  public SqliteException(int code, String text) {
    super(text);
    this.code = code;
    this.allowed = 0;
    this.seen = 0;
  }

  /** The same error, thrown in another thread. */
  public SqliteException again() {
    return new SqliteException(code, text(), allowed, seen, this);
  }

  /** The extended result code. */
  public int code() {
    return code;
  }

  /** The primary result code: the last eight bits of the extended one. */
  public int primaryCode() {
    return code & 0xff;
  }

  /** How much a limit allows, if the error is of one. */
  public long allowed() {
    return allowed;
  }

  /** How much was seen, if the error is of a limit. */
  public long seen() {
    return seen;
  }

  /** SQLite's own text. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
