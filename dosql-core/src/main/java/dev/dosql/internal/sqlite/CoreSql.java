package dev.dosql.internal.sqlite;

import java.sql.ResultSet;
import org.sqlite.SQLiteConnection;
import org.sqlite.core.CoreStatement;

/**
 * A statement as the driver's core knows it, without a JDBC face: that one asks for the columns and
 * the parameters of each statement that it prepares, which is not needed here.
 */
final class CoreSql extends CoreStatement {
  CoreSql(SQLiteConnection connection, String sql) {
    super(connection);
    this.sql = sql;
  }

  @Override
  public ResultSet executeQuery(String sql, boolean closeOnCompletion) {
    throw new UnsupportedOperationException("has no JDBC face");
  }
}
