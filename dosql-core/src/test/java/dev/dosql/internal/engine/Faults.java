package dev.dosql.internal.engine;

import dev.dosql.internal.engine.WalSync.Log;
import dev.dosql.internal.sqlite.SqliteConnection;
import dev.dosql.internal.sqlite.SqliteException;
import dev.dosql.internal.sqlite.SqliteStatement;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** Makes the disk of an open tenant fail, with all else as it is. */
public final class Faults {
  private Faults() {}

  /** Has something done before each force of the log, which fails if that does. */
  public static void beforeForce(OpenTenant tenant, Step step) {
    WalSync sync = get(tenant.writer(), "sync", WalSync.class);
    Log real = get(sync, "log", Log.class);
    Log slow =
        () -> {
          step.run();
          real.force();
        };
    set(sync, "log", slow);
  }

  /** Has COMMIT fail with an I/O error, and store nothing. */
  public static void failCommit(OpenTenant tenant) throws SqliteException {
    SqliteConnection real = tenant.writer().connection();
    WritingConnection writing = get(tenant.writer(), "writing", WritingConnection.class);
    set(writing, "connection", failing(real, SqliteConnection.class));
  }

  /** The same, of connections of the DataSource that are opened from now on. */
  public static void failCommitOfBridge(OpenTenant tenant) {
    OpenTenant.Connections real = get(tenant, "bridging", OpenTenant.Connections.class);
    OpenTenant.Connections failing = () -> failing(real.open(), SqliteConnection.class);
    set(tenant, "bridging", failing);
  }

  private static <T> T failing(T target, Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getName().equals("start")
                  && ((SqliteStatement) target).sql().equals("COMMIT")) {
                throw new SqliteException(SqliteException.IOERR | 4 << 8, "disk I/O error");
              }
              try {
                Object result = method.invoke(target, arguments);
                return result instanceof SqliteStatement statement
                    ? failing(statement, SqliteStatement.class)
                    : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  private static <T> T get(Object of, String field, Class<T> type) {
    try {
      return type.cast(accessible(of, field).get(of));
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private static void set(Object of, String field, Object value) {
    try {
      accessible(of, field).set(of, value);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private static Field accessible(Object of, String name) {
    try {
      Field field = of.getClass().getDeclaredField(name);
      field.setAccessible(true);
      return field;
    } catch (NoSuchFieldException e) {
      throw new AssertionError(e);
    }
  }

  /** Something that may fail. */
  @FunctionalInterface
  public interface Step {
    /** Does it. */
    void run() throws IOException;
  }
}
