package dev.dosql.internal.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import java.util.Properties;
import java.util.function.Supplier;

/**
 * Has HikariCP make a pool that the threads which used it do not keep.
 *
 * <p>HikariCP notes the last connections of a platform thread in a {@code ThreadLocal} of the pool.
 * They lead to the pool and so to that {@code ThreadLocal}: the entry holds its own key, and the
 * thread keeps the closed pool for as long as it lives. A service with one pool never notices; here
 * every opening of a tenant makes one, so that the threads of a web server would keep thousands.
 *
 * <p>HikariCP (7.1.0, {@code ConcurrentBag.useWeakThreadLocals}) has weak references against that.
 * It takes them by itself where another class loader than the application's loaded it, and asks
 * nothing but a system property otherwise, in the constructor of the pool. So that property is
 * there while a pool is made, with the monitor of the system properties held, which every change of
 * one takes: nobody's change is lost, nor mixed up with this one, by however many copies of this
 * library. A pool of the application that is made at that moment has weak references too, which it
 * may have anywhere. A property that the application has set is left as it is.
 */
final class ForgettablePool {
  /** HikariCP's name. */
  static final String WEAK_REFERENCES = "com.zaxxer.hikari.useWeakReferences";

  private ForgettablePool() {}

  /** Makes one. */
  static <T> T create(Supplier<T> maker) {
    Properties system = System.getProperties();
    synchronized (system) {
      if (isWeakAnyhow() || system.getProperty(WEAK_REFERENCES) != null) {
        return maker.get();
      }
      system.setProperty(WEAK_REFERENCES, "true");
      try {
        return maker.get();
      } finally {
        system.remove(WEAK_REFERENCES);
      }
    }
  }

  private static boolean isWeakAnyhow() {
    return HikariDataSource.class.getClassLoader() != ClassLoader.getSystemClassLoader();
  }
}
