package dev.dosql.internal.jdbc;

import java.sql.SQLException;
import java.sql.Savepoint;
import org.jspecify.annotations.Nullable;

/** A savepoint, known to SQLite by its number. */
final class JdbcSavepoint implements Savepoint {
  private final int id;
  private final @Nullable String name;

  JdbcSavepoint(int id, @Nullable String name) {
    this.id = id;
    this.name = name;
  }

  /** Its name in SQL. */
  String sqlName() {
    return "dosql_jdbc_" + id;
  }

  @Override
  public int getSavepointId() throws SQLException {
    if (name != null) {
      throw SqlErrors.refused("savepoint has a name and no number");
    }
    return id;
  }

  @Override
  public String getSavepointName() throws SQLException {
    if (name == null) {
      throw SqlErrors.refused("savepoint has a number and no name");
    }
    return name;
  }
}
