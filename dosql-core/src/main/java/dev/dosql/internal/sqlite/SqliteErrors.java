package dev.dosql.internal.sqlite;

import dev.dosql.CheckViolationException;
import dev.dosql.ConstraintViolationException;
import dev.dosql.ConstraintViolationException.Kind;
import dev.dosql.CorruptDatabaseException;
import dev.dosql.DatabaseClosedException;
import dev.dosql.DatabaseLockedException;
import dev.dosql.DiskFullException;
import dev.dosql.DoSQLException;
import dev.dosql.ForeignKeyViolationException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.LimitExceededException;
import dev.dosql.NotNullViolationException;
import dev.dosql.QueryTimeoutException;
import dev.dosql.ReadOnlyException;
import dev.dosql.StatementException;
import dev.dosql.StorageException;
import dev.dosql.UniqueViolationException;
import dev.dosql.internal.files.FileErrors;
import dev.dosql.internal.files.WriteProbe;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteException;

/**
 * What SQLite said, as one of the public errors. The only place that reads SQLite's texts, so that
 * no user has to.
 */
public final class SqliteErrors {
  private static final int IOERR_WRITE = SqliteException.IOERR | 3 << 8;
  private static final int IOERR_SHMOPEN = SqliteException.IOERR | 18 << 8;
  private static final int IOERR_SHMSIZE = SqliteException.IOERR | 19 << 8;

  private static final int CAUSES_MAX = 20;

  private static final int CONSTRAINT_CHECK = 275;
  private static final int CONSTRAINT_FOREIGNKEY = 787;
  private static final int CONSTRAINT_NOTNULL = 1299;
  private static final int CONSTRAINT_PRIMARYKEY = 1555;
  private static final int CONSTRAINT_TRIGGER = 1811;
  private static final int CONSTRAINT_UNIQUE = 2067;
  private static final int CONSTRAINT_ROWID = 2579;
  private static final int CONSTRAINT_DATATYPE = 3091;

  private static final Pattern STORE =
      Pattern.compile("cannot store \\S+ value in \\S+ column (.+)\\.(.+)", Pattern.DOTALL);

  /** Where SQLite quotes what it could not read, be it of the SQL or of a value. */
  private static final Pattern QUOTING =
      Pattern.compile(
          "(.*?(?:near [\"']|path: '|expression: \\[|no such column: ))(.*?)([\"'\\]][^\"'\\]]*)?",
          Pattern.DOTALL);

  private static final Pattern NEAR = Pattern.compile("near \"(.*)\": .*", Pattern.DOTALL);
  private static final Pattern PARAMETER = Pattern.compile("[?:@$]");
  private static final Pattern NO_SUCH = Pattern.compile("no such [a-z ]+: (?:.*\\.)?(.+)");

  private SqliteErrors() {}

  /**
   * The failure with its reason: SQLite has a code of its own for a full disk, but calls a used-up
   * quota, a file at its largest and a file system that became read-only an I/O error.
   *
   * @param file the database
   * @param opening whether it was being opened, when what SQLite could not make is its log's index
   */
  public static SqliteException explained(SqliteException e, Path file, boolean opening) {
    boolean index = e.code() == IOERR_SHMSIZE || e.code() == IOERR_SHMOPEN;
    boolean unclear =
        e.code() == IOERR_WRITE
            || opening && (index || e.primaryCode() == SqliteException.CANTOPEN);
    if (!unclear) {
      return e;
    }
    Path log = file.resolveSibling(file.getFileName() + "-wal");
    return because(e, file, Math.max(WriteProbe.length(file), WriteProbe.length(log)));
  }

  /**
   * The same for a backup, of whose failure to write SQLite tells no more than that it is one.
   *
   * @param file the copy
   * @param bytes how long it was to be
   */
  public static SqliteException explainedCopy(SqliteException e, Path file, long bytes) {
    boolean unclear =
        e.primaryCode() == SqliteException.IOERR || e.primaryCode() == SqliteException.CANTOPEN;
    return unclear ? because(e, file, bytes) : e;
  }

  private static SqliteException because(SqliteException e, Path file, long position) {
    IOException reason = WriteProbe.attempt(file, position);
    if (reason == null) {
      return e;
    }
    String text = e.text() + ", " + reason.getMessage();
    if (FileErrors.isFull(reason)) {
      return new SqliteException(SqliteException.FULL, text, e);
    }
    return FileErrors.isReadOnly(reason)
        ? new SqliteException(SqliteException.READONLY, text, e)
        : e;
  }

  /** What SQLite said that made something else fail, or null if it was not SQLite. */
  public static @Nullable SqliteException within(Throwable failure) {
    Throwable each = failure;
    for (int depth = 0; each != null && depth < CAUSES_MAX; depth++) {
      if (each instanceof SQLiteException sqlite) {
        return DriverConnection.failure(sqlite);
      }
      each = each.getCause();
    }
    return null;
  }

  /**
   * The public error for a failed call.
   *
   * @param e what SQLite said
   * @param sql the statement, or null when it was not about one
   * @param line the statement's line in its script, or 0
   * @param tenant the tenant's name
   */
  public static DoSQLException translate(
      SqliteException e, @Nullable String sql, int line, String tenant) {
    String where = " (tenant=" + tenant + (line > 0 ? ", line=" + line : "") + ")";
    if (e.code() == SqliteException.TIMEOUT) {
      return timeout(e, tenant, line);
    }
    if (e.code() == SqliteException.DATABASE_FULL) {
      return databaseFull(e, tenant, line);
    }
    return switch (e.primaryCode()) {
      case SqliteException.CONSTRAINT, SqliteException.MISMATCH -> constraint(e, where);
      case SqliteException.BUSY ->
          new DatabaseLockedException(
              "database is held by another process: " + e.text() + where, e);
      case SqliteException.READONLY ->
          new ReadOnlyException("write refused: " + e.text() + where, e);
      case SqliteException.INTERRUPT -> new InterruptedQueryException("interrupted" + where, e);
      case SqliteException.IOERR, SqliteException.CANTOPEN ->
          new StorageException("file access failed: " + e.text() + where, e);
      case SqliteException.CORRUPT, SqliteException.NOTADB ->
          new CorruptDatabaseException("file is damaged: " + e.text() + where, e);
      case SqliteException.FULL -> new DiskFullException("no room: " + e.text() + where, e);
      case SqliteException.MISUSE -> new DatabaseClosedException("closed: " + e.text() + where);
      default -> statement(e, sql, line, where);
    };
  }

  private static DoSQLException timeout(SqliteException e, String tenant, int line) {
    Duration allowed = Duration.ofNanos(e.allowed());
    Duration seen = Duration.ofNanos(e.seen());
    return new QueryTimeoutException(
        "statement ended: ran for "
            + seen.truncatedTo(ChronoUnit.MILLIS)
            + ", at most "
            + allowed
            + " allowed"
            + where(tenant, line, "statementTimeout"),
        allowed,
        seen,
        e);
  }

  private static DoSQLException databaseFull(SqliteException e, String tenant, int line) {
    return new LimitExceededException(
        "database is full: needs more than "
            + e.seen()
            + " bytes, at most "
            + e.allowed()
            + " allowed"
            + where(tenant, line, "databaseBytesMax"),
        "databaseBytesMax",
        e.allowed(),
        e.seen(),
        e);
  }

  private static String where(String tenant, int line, String limit) {
    return " (tenant=" + tenant + (line > 0 ? ", line=" + line : "") + ", limit=" + limit + ")";
  }

  private static DoSQLException statement(
      SqliteException e, @Nullable String sql, int line, String where) {
    if (sql == null) {
      return new StorageException("SQLite failed: " + e.text() + where, e);
    }
    String text = withoutValue(e.text(), sql);
    // The cause would tell the value after all.
    SqliteException cause = text.equals(e.text()) ? e : null;
    String message = "statement failed: " + text + where;
    return new StatementException(message, sql, position(text, sql), line, cause);
  }

  /** What SQLite says, without a piece of a value: what it quotes and does not stand in the SQL. */
  private static String withoutValue(String text, String sql) {
    Matcher quoting = QUOTING.matcher(text);
    if (!quoting.matches() || sql.contains(quoting.group(2))) {
      return text;
    }
    boolean ofTheSchema = quoting.group(1).endsWith("column: ") && !PARAMETER.matcher(sql).find();
    String end = quoting.group(3) == null ? "" : quoting.group(3);
    return ofTheSchema ? text : quoting.group(1) + "…" + end;
  }

  /** Where a name or token stands that SQLite complains of, if it stands there only once. */
  private static int position(String text, String sql) {
    Matcher near = NEAR.matcher(text);
    Matcher noSuch = NO_SUCH.matcher(text);
    String token = near.matches() ? near.group(1) : noSuch.matches() ? noSuch.group(1) : "";
    int first = token.isEmpty() ? -1 : sql.indexOf(token);
    return first >= 0 && sql.indexOf(token, first + 1) < 0 ? first : -1;
  }

  private static ConstraintViolationException constraint(SqliteException e, String where) {
    Kind kind = kind(e);
    String detail = detail(e.text());
    String message = "constraint violated: " + e.text() + where;
    List<String> columns = new ArrayList<>();
    String table = null;
    String constraint = null;
    Matcher store = STORE.matcher(e.text());
    if (kind == Kind.CHECK) {
      constraint = detail;
    } else if (kind == Kind.TRIGGER) {
      constraint = e.text();
    } else if (store.matches()) {
      table = store.group(1);
      columns.add(store.group(2));
    } else if (detail.startsWith("index '")) {
      constraint = detail.substring("index '".length(), detail.length() - 1);
    } else if (namesColumns(kind)) {
      for (String each : detail.split(", ")) {
        int dot = each.lastIndexOf('.');
        table = dot > 0 ? each.substring(0, dot) : table;
        columns.add(each.substring(dot + 1));
      }
    }
    return switch (kind) {
      case UNIQUE, PRIMARY_KEY ->
          new UniqueViolationException(message, kind, table, columns, constraint, e);
      case FOREIGN_KEY ->
          new ForeignKeyViolationException(message, kind, table, columns, constraint, e);
      case NOT_NULL -> new NotNullViolationException(message, kind, table, columns, constraint, e);
      case CHECK -> new CheckViolationException(message, kind, table, columns, constraint, e);
      default -> new ConstraintViolationException(message, kind, table, columns, constraint, e);
    };
  }

  private static boolean namesColumns(Kind kind) {
    return kind == Kind.UNIQUE || kind == Kind.PRIMARY_KEY || kind == Kind.NOT_NULL;
  }

  /** What follows the first colon: {@code UNIQUE constraint failed: users.email}. */
  private static String detail(String text) {
    int colon = text.indexOf(": ");
    return colon < 0 ? "" : text.substring(colon + 2);
  }

  private static Kind kind(SqliteException e) {
    return switch (e.code()) {
      case CONSTRAINT_UNIQUE -> Kind.UNIQUE;
      case CONSTRAINT_PRIMARYKEY, CONSTRAINT_ROWID -> Kind.PRIMARY_KEY;
      case CONSTRAINT_FOREIGNKEY -> Kind.FOREIGN_KEY;
      case CONSTRAINT_NOTNULL -> Kind.NOT_NULL;
      case CONSTRAINT_CHECK -> Kind.CHECK;
      case CONSTRAINT_DATATYPE, SqliteException.MISMATCH -> Kind.DATATYPE;
      case CONSTRAINT_TRIGGER -> isRestrict(e) ? Kind.FOREIGN_KEY : Kind.TRIGGER;
      default -> Kind.OTHER;
    };
  }

  /**
   * SQLite has a trigger of its own for RESTRICT, in {@code fkActionTrigger} of its {@code fkey.c}.
   */
  private static boolean isRestrict(SqliteException e) {
    return e.text().equals("FOREIGN KEY constraint failed");
  }
}
