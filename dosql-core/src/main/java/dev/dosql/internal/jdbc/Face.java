package dev.dosql.internal.jdbc;

import dev.dosql.DoSQLException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Wrapper;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * An interface of JDBC in front of an object that has those of its methods that are supported.
 *
 * <p>JDBC's interfaces have some 600 methods, most of which nobody calls. A method of the interface
 * goes to the public method of the object with the same name and parameters; one that the object
 * does not have is not supported, so nothing reaches the driver that was not meant to. Every call
 * runs under the lock of its session, but for those that are there to disturb another one, and the
 * errors that leave here are JDBC's.
 */
final class Face implements InvocationHandler {
  /** Called while another call runs. */
  private static final Set<String> UNLOCKED = Set.of("cancel", "abort", "isClosed");

  /** By the class of the object, which stands behind one interface only. */
  private static final ConcurrentMap<Class<?>, Map<Method, Method>> TABLES =
      new ConcurrentHashMap<>();

  private final Class<?> type;
  private final Faced<?> target;
  private final Map<Method, Method> table;

  private Face(Class<?> type, Faced<?> target) {
    this.type = type;
    this.target = target;
    this.table = tableOf(type, target.getClass());
  }

  /** Makes one. */
  static <T> T of(Class<? extends T> type, Faced<T> target) {
    Face face = new Face(type, target);
    return type.cast(
        Proxy.newProxyInstance(Face.class.getClassLoader(), new Class<?>[] {type}, face));
  }

  private static Map<Method, Method> tableOf(Class<?> type, Class<?> target) {
    Map<Method, Method> known = TABLES.get(target);
    if (known == null) {
      known = table(type, target);
      TABLES.put(target, known);
    }
    return known;
  }

  private static Map<Method, Method> table(Class<?> type, Class<?> target) {
    Map<Method, Method> table = new HashMap<>();
    for (Method method : type.getMethods()) {
      Method own = find(target, method);
      if (own != null && !Modifier.isStatic(method.getModifiers())) {
        own.setAccessible(true);
        table.put(method, own);
      }
    }
    return table;
  }

  private static @Nullable Method find(Class<?> target, Method method) {
    try {
      return target.getMethod(method.getName(), method.getParameterTypes());
    } catch (NoSuchMethodException e) {
      return null;
    }
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] args)
      throws Throwable {
    if (method.getDeclaringClass() == Object.class) {
      return ofObject(proxy, method, args);
    }
    Method own = table.get(method);
    if (own != null) {
      return guarded(own, args);
    }
    if (method.getDeclaringClass() == Wrapper.class && args != null) {
      return unwrap(proxy, method, (Class<?>) args[0]);
    }
    if (method.isDefault()) {
      return InvocationHandler.invokeDefault(proxy, method, args);
    }
    throw new SQLFeatureNotSupportedException(
        "not supported: " + type.getSimpleName() + "." + method.getName(), SqlErrors.NOT_SUPPORTED);
  }

  private @Nullable Object ofObject(
      Object proxy, Method method, @Nullable Object @Nullable [] args) {
    return switch (method.getName()) {
      case "equals" -> args != null && proxy == args[0];
      case "hashCode" -> System.identityHashCode(proxy);
      default -> type.getSimpleName() + "[" + target + "]";
    };
  }

  /** Only what stands before the user is given: what is behind it would know no screening. */
  private Object unwrap(Object proxy, Method method, @Nullable Class<?> wanted)
      throws SQLException {
    boolean is = wanted != null && wanted.isInstance(proxy);
    if (method.getName().equals("isWrapperFor")) {
      return is;
    }
    if (!is) {
      throw SqlErrors.refused("connection of the library is not what it is asked to unwrap");
    }
    return proxy;
  }

  private @Nullable Object guarded(Method own, @Nullable Object @Nullable [] args)
      throws Throwable {
    Session session = UNLOCKED.contains(own.getName()) ? null : target.session();
    if (session == null) {
      return call(own, args);
    }
    session.enter();
    try {
      return call(own, args);
    } finally {
      session.exit();
    }
  }

  private @Nullable Object call(Method own, @Nullable Object @Nullable [] args) throws Throwable {
    try {
      return own.invoke(target, args);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof DoSQLException failure ? SqlErrors.of(failure) : e.getCause();
    }
  }
}
