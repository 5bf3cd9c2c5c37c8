package dev.dosql.internal.jdbc;

import dev.dosql.CommitInDoubtException;
import dev.dosql.ConstraintViolationException;
import dev.dosql.CorruptDatabaseException;
import dev.dosql.DatabaseClosedException;
import dev.dosql.DatabaseLockedException;
import dev.dosql.DiskFullException;
import dev.dosql.DoSQLException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.InvalidTenantNameException;
import dev.dosql.LimitExceededException;
import dev.dosql.MappingException;
import dev.dosql.ParameterException;
import dev.dosql.QueryTimeoutException;
import dev.dosql.ReadOnlyException;
import dev.dosql.StatementException;
import dev.dosql.StorageException;
import dev.dosql.TenantNotFoundException;
import dev.dosql.TenantSuspendedException;
import dev.dosql.TooManyRowsException;
import dev.dosql.TransactionEndedException;
import dev.dosql.TransactionScopeException;
import dev.dosql.WriteLockTimeoutException;
import dev.dosql.internal.sql.ParsedSql;
import dev.dosql.internal.sqlite.SqliteErrors;
import dev.dosql.internal.sqlite.SqliteException;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLNonTransientException;
import java.sql.SQLSyntaxErrorException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransactionRollbackException;
import java.sql.SQLTransientException;
import org.jspecify.annotations.Nullable;

/**
 * The library's errors as JDBC's: each with an SQLState, PostgreSQL's where the standard has none,
 * since that is what frameworks know; with SQLite's extended code, or 0; with the library's own
 * error as its cause.
 */
final class SqlErrors {
  /** A method of JDBC that is not there. */
  static final String NOT_SUPPORTED = "0A000";

  /** The connection, statement or result is closed. */
  static final String CLOSED = "08003";

  /** A transaction is needed, or must not be open. */
  static final String WRONG_TRANSACTION_STATE = "25000";

  /** A value that is not what it was asked for as. */
  static final String NOT_CONVERTIBLE = "22018";

  private static final String UNUSABLE = "08006";
  private static final String OVER_TIME = "25P04";
  private static final String CANCELLED = "57014";
  private static final String LIMIT = "54000";

  private SqlErrors() {}

  /** What SQLite said as JDBC's, of a statement or of none. */
  static SQLException of(SqliteException e, @Nullable ParsedSql parsed, String tenant) {
    String sql = parsed == null ? null : parsed.sql();
    int line = parsed == null ? 0 : parsed.line();
    return of(SqliteErrors.translate(e, sql, line, tenant), e.code());
  }

  /** A public error as JDBC's. */
  static SQLException of(DoSQLException e) {
    return of(e, e.getCause() instanceof SqliteException sqlite ? sqlite.code() : 0);
  }

  /** A public error as JDBC's, with SQLite's code. */
  static SQLException of(DoSQLException e, int code) {
    String message = e.getMessage();
    if (e instanceof ConstraintViolationException violation) {
      return constraint(violation, message, code);
    }
    if (e instanceof StatementException) {
      return new SQLSyntaxErrorException(message, "42000", code, e);
    }
    if (e instanceof ParameterException) {
      return new SQLDataException(message, "22023", code, e);
    }
    if (e instanceof MappingException) {
      return new SQLDataException(message, NOT_CONVERTIBLE, code, e);
    }
    if (e instanceof TooManyRowsException) {
      return new SQLDataException(message, "21000", code, e);
    }
    return ofWaiting(e, message, code);
  }

  private static SQLException constraint(ConstraintViolationException e, String message, int code) {
    String state =
        switch (e.kind()) {
          case UNIQUE, PRIMARY_KEY -> "23505";
          case FOREIGN_KEY -> "23503";
          case NOT_NULL -> "23502";
          case CHECK -> "23514";
          case DATATYPE -> NOT_CONVERTIBLE;
          default -> "23000";
        };
    return state.startsWith("22")
        ? new SQLDataException(message, state, code, e)
        : new SQLIntegrityConstraintViolationException(message, state, code, e);
  }

  private static SQLException ofWaiting(DoSQLException e, String message, int code) {
    if (e instanceof WriteLockTimeoutException) {
      return new SQLTimeoutException(message, "55P03", code, e);
    }
    if (e instanceof QueryTimeoutException) {
      return new SQLTimeoutException(message, CANCELLED, code, e);
    }
    if (e instanceof LimitExceededException limit) {
      boolean waited = limit.limit().equals("connectionsMax");
      return waited
          ? new SQLTimeoutException(message, LIMIT, code, e)
          : new SQLNonTransientException(message, LIMIT, code, e);
    }
    if (e instanceof InterruptedQueryException) {
      return new SQLTransientException(message, CANCELLED, code, e);
    }
    if (e instanceof DatabaseLockedException) {
      return new SQLTransientException(message, "55006", code, e);
    }
    if (e instanceof TransactionEndedException) {
      return new SQLTransactionRollbackException(message, "40000", code, e);
    }
    if (e instanceof TransactionScopeException) {
      return new SQLNonTransientException(message, "25001", code, e);
    }
    return ofConnection(e, message, code);
  }

  private static SQLException ofConnection(DoSQLException e, String message, int code) {
    if (e instanceof CommitInDoubtException) {
      return new SQLNonTransientConnectionException(message, "08007", code, e);
    }
    if (e instanceof DatabaseClosedException) {
      return new SQLNonTransientConnectionException(message, CLOSED, code, e);
    }
    if (e instanceof TenantSuspendedException) {
      return new SQLNonTransientConnectionException(message, "08004", code, e);
    }
    if (e instanceof TenantNotFoundException || e instanceof InvalidTenantNameException) {
      return new SQLNonTransientException(message, "3D000", code, e);
    }
    return ofFile(e, message, code);
  }

  private static SQLException ofFile(DoSQLException e, String message, int code) {
    if (e instanceof ReadOnlyException) {
      return new SQLNonTransientException(message, "25006", code, e);
    }
    if (e instanceof DiskFullException) {
      return new SQLNonTransientException(message, "53100", code, e);
    }
    if (e instanceof CorruptDatabaseException) {
      return new SQLNonTransientException(message, "XX001", code, e);
    }
    if (e instanceof StorageException) {
      return new SQLNonTransientException(message, "58030", code, e);
    }
    return new SQLNonTransientConnectionException(message, "08001", code, e);
  }

  /** The error for a transaction, a snapshot or a result that was open for too long. */
  static SQLException overTime(LimitExceededException e) {
    return new SQLTimeoutException(e.getMessage(), OVER_TIME, SqliteException.INTERRUPT, e);
  }

  /** The error for a statement that ran for longer than its query timeout. */
  static SQLException queryTimeout(QueryTimeoutException e) {
    return new SQLTimeoutException(e.getMessage(), CANCELLED, SqliteException.INTERRUPT, e);
  }

  /** The error for something closed that is used. */
  static SQLException closed(String what) {
    return new SQLNonTransientConnectionException(what + " is closed", CLOSED);
  }

  /** The error for a connection of a tenant that is opened again. */
  static SQLException reopening(String tenant) {
    String message =
        "connection is of no more use: a commit of the tenant failed, which is opened again;"
            + " nothing was executed, close it and take another (tenant="
            + tenant
            + ")";
    return new SQLNonTransientConnectionException(message, UNUSABLE, new StorageException(message));
  }

  /** The error for a call that needs another state of the transaction. */
  static SQLException wrongState(String message) {
    return new SQLNonTransientException(message, WRONG_TRANSACTION_STATE);
  }

  /** The error for a call that cannot be right. */
  static SQLException refused(String message) {
    return new SQLNonTransientException(message, "22023");
  }
}
