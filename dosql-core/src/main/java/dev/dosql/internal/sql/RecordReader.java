package dev.dosql.internal.sql;

import dev.dosql.ParameterException;
import dev.dosql.migrations.lexer.Names;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the components of records, public or not.
 *
 * <p>Safe for use by many threads. What it learns of a class hangs on the class itself and goes
 * with it.
 */
final class RecordReader {
  private static final MethodType READ = MethodType.methodType(Object.class, Object.class);

  private final ClassValue<Components> known;

  /** Reaches what is open to this library and, unless it is null, to the lookup. */
  RecordReader(MethodHandles.@Nullable Lookup lookup) {
    this.known =
        new ClassValue<>() {
          @Override
          protected Components computeValue(Class<?> type) {
            return components(type, lookup);
          }
        };
  }

  /**
   * How to read a record.
   *
   * @throws ParameterException if it is out of reach
   */
  Components componentsOf(Class<?> type) {
    return known.get(type);
  }

  private static Components components(Class<?> type, MethodHandles.@Nullable Lookup lookup) {
    Map<String, MethodHandle> readers = new HashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      readers.put(component.getName(), reader(component.getAccessor(), lookup).asType(READ));
    }
    return new Components(readers);
  }

  private static MethodHandle reader(Method accessor, MethodHandles.@Nullable Lookup lookup) {
    try {
      if (accessor.trySetAccessible() || lookup == null) {
        return MethodHandles.lookup().unreflect(accessor);
      }
      return MethodHandles.privateLookupIn(accessor.getDeclaringClass(), lookup)
          .unreflect(accessor);
    } catch (IllegalAccessException e) {
      throw new ParameterException(
          "parameters cannot be read: a record out of reach seen, a package opened to this library"
              + " or the option lookup(MethodHandles.lookup()) of its module needed (record="
              + accessor.getDeclaringClass().getName()
              + ", lookup="
              + lookup
              + ")",
          e);
    }
  }

  /** The components of one record class. */
  static final class Components {
    private final Map<String, MethodHandle> readers;

    private Components(Map<String, MethodHandle> readers) {
      this.readers = readers;
    }

    /** Whether there is a component of this name. */
    boolean has(String name) {
      return readers.containsKey(name);
    }

    /** The names of all. */
    Set<String> names() {
      return readers.keySet();
    }

    /** A component's value; what its accessor throws is thrown as it was. */
    @Nullable Object read(Record of, String name) {
      try {
        return (Object) readers.get(name).invokeExact((Object) of);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new ParameterException(
            "parameter cannot be read: its accessor failed (name=" + Names.shown(name) + ")", e);
      }
    }
  }
}
