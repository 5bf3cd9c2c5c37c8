package dev.dosql.migrations;

import dev.dosql.migrations.MigrationFailure.Kind;
import java.sql.SQLException;
import java.util.Set;

/** Turns what JDBC and Flyway throw into a {@link MigrationFailure}. */
final class Failures {
  // Codes of sqlite.org/rescode.html that blame the database or its machine, not the statement:
  // BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB.
  private static final Set<Integer> ENVIRONMENT = Set.of(5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26);

  private Failures() {}

  /** The failure inside an exception if there is one, else a failure of the database. */
  static MigrationFailure database(Exception thrown) {
    String seen = "";
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof MigrationFailure failure) {
        return failure;
      }
      if (cause instanceof SQLException sql) {
        seen = firstLine(sql);
      }
    }
    String message = "database cannot be migrated: " + (seen.isEmpty() ? firstLine(thrown) : seen);
    return new MigrationFailure(Kind.DATABASE, message, null, thrown);
  }

  static MigrationFailure interrupted() {
    return new MigrationFailure(
        Kind.DATABASE,
        "database cannot be migrated: seen an interrupt, at the last whole file",
        null,
        new InterruptedException());
  }

  static MigrationFailure statement(String file, Statement statement, SQLException cause) {
    Kind kind =
        ENVIRONMENT.contains(cause.getErrorCode() & 0xff) ? Kind.DATABASE : Kind.STATEMENT_FAILED;
    String message =
        "migration failed and was rolled back: %s (file=%s, line=%d, statement=%s)"
            .formatted(firstLine(cause), file, statement.line(), Texts.brief(statement.text()));
    return new MigrationFailure(kind, message, file, statement.line(), statement.text(), cause);
  }

  /** The first line of a message, without the vendor's links. */
  private static String firstLine(Throwable thrown) {
    String message = thrown.getMessage() == null ? "" : thrown.getMessage();
    String line = message.lines().findFirst().orElse("").replaceAll("\\s*(See )?https?://.*", "");
    return line.isBlank() ? thrown.getClass().getSimpleName() : line;
  }
}
