package dev.dosql.internal.jdbc;

import dev.dosql.internal.values.StoredRow;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Wrapper;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the driver tells of the database. It only reads; what it finds is copied, since its results
 * would lead to the driver's own connection.
 */
final class JdbcMetaData implements InvocationHandler {
  private final Session session;
  private final DatabaseMetaData driver;

  private JdbcMetaData(Session session, DatabaseMetaData driver) {
    this.session = session;
    this.driver = driver;
  }

  static DatabaseMetaData of(Session session, DatabaseMetaData driver) {
    return (DatabaseMetaData)
        Proxy.newProxyInstance(
            JdbcMetaData.class.getClassLoader(),
            new Class<?>[] {DatabaseMetaData.class},
            new JdbcMetaData(session, driver));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] args)
      throws Throwable {
    if (method.getDeclaringClass() == Object.class) {
      return switch (method.getName()) {
        case "equals" -> args != null && proxy == args[0];
        case "hashCode" -> System.identityHashCode(proxy);
        default -> "DatabaseMetaData";
      };
    }
    if (method.getDeclaringClass() == Wrapper.class) {
      if (method.getName().equals("isWrapperFor")) {
        return false;
      }
      throw SqlErrors.refused("metadata of the library is not what it is asked to unwrap");
    }
    session.enter();
    try {
      session.checkOpen();
      return ours(method, args);
    } finally {
      session.exit();
    }
  }

  private @Nullable Object ours(Method method, @Nullable Object @Nullable [] args)
      throws Throwable {
    return switch (method.getName()) {
      case "getConnection" -> session.connection().face();
      case "getURL" -> "jdbc:sqlite:"; // Without the file, which is nobody else's to open.
      case "supportsGetGeneratedKeys", "supportsSavepoints", "supportsBatchUpdates" -> true;
      case "getResultSetHoldability" -> ResultSet.CLOSE_CURSORS_AT_COMMIT;
      default -> drivers(method, args);
    };
  }

  private @Nullable Object drivers(Method method, @Nullable Object @Nullable [] args)
      throws Throwable {
    if (method.getReturnType() == ResultSet.class && session.transaction().autoCommit()) {
      session.results().detach(); // Or it would tell of an older schema.
    }
    try {
      Object answer = method.invoke(driver, args);
      return answer instanceof ResultSet rows ? copy(rows) : answer;
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private ResultSet copy(ResultSet rows) throws SQLException {
    Statement statement = rows.getStatement();
    try (rows) {
      ResultSetMetaData columns = rows.getMetaData();
      List<String> names = new ArrayList<>();
      for (int i = 1; i <= columns.getColumnCount(); i++) {
        names.add(columns.getColumnLabel(i));
      }
      List<StoredRow> copied = new ArrayList<>();
      while (rows.next()) {
        @Nullable Object[] values = new Object[names.size()];
        for (int i = 0; i < values.length; i++) {
          values[i] = plain(rows.getObject(i + 1));
        }
        copied.add(StoredRow.of(values));
      }
      return JdbcResultSet.of(new JdbcStatement(session), null, names, copied).face();
    } finally {
      if (statement != null) {
        statement.close();
      }
    }
  }

  private static @Nullable Object plain(@Nullable Object value) {
    if (value instanceof Number number) {
      boolean real = number instanceof Double || number instanceof Float;
      return real ? (Object) number.doubleValue() : (Object) number.longValue();
    }
    return value instanceof byte[] || value == null ? value : value.toString();
  }
}
