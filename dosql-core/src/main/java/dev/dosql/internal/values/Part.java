package dev.dosql.internal.values;

import static java.lang.invoke.MethodType.methodType;

import dev.dosql.MappingException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A component of a record or a property of a bean, to be read from a value.
 *
 * @param name its name
 * @param getter the handle {@code (Object)Object} that reads it
 */
record Part(String name, MethodHandle getter) {
  private static final MethodType GET = methodType(Object.class, Object.class);

  /**
   * The parts of a record, or of a bean in the order of their names.
   *
   * @throws MappingException if one cannot be read, or could not be read back as it was
   */
  static List<Part> of(Class<?> type, MethodHandles.@Nullable Lookup given) {
    MethodHandles.Lookup lookup = Access.to(type, given);
    List<Part> parts = new ArrayList<>();
    if (type.isRecord()) {
      for (RecordComponent each : type.getRecordComponents()) {
        requireDefinite(type, each.getName(), each.getGenericType());
        MethodType got = methodType(each.getType());
        parts.add(part(type, each.getName(), () -> lookup.findVirtual(type, each.getName(), got)));
      }
    } else {
      for (Property each : Property.of(type)) {
        requireDefinite(type, each.name(), each.generic());
        parts.add(part(type, each.name(), () -> each.getter(type, lookup)));
      }
    }
    return List.copyOf(parts);
  }

  private static Part part(Class<?> type, String name, Found found) {
    try {
      return new Part(name, found.get().asType(GET));
    } catch (ReflectiveOperationException e) {
      throw new MappingException(
          message(type, name, "needed a getter of its type, public or within reach of a lookup"),
          e);
    }
  }

  /** An Object is read back as SQLite has it, which need not be what was stored. */
  private static void requireDefinite(Class<?> type, String name, Type generic) {
    Type definite = generic;
    if (generic instanceof ParameterizedType optional && optional.getRawType() == Optional.class) {
      definite = optional.getActualTypeArguments()[0];
    }
    if (definite == Object.class) {
      throw new MappingException(message(type, name, "an Object seen, needed a definite type"));
    }
  }

  private static String message(Class<?> type, String name, String why) {
    return "values of this type cannot be stored and read back: "
        + why
        + " (type="
        + type.getTypeName()
        + ", component="
        + name
        + ")";
  }

  /** The part's value; what the getter throws is thrown as it was. */
  @Nullable Object read(Object of) {
    try {
      return (Object) getter.invokeExact(of);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new MappingException(message(of.getClass(), name, "its getter failed"), e);
    }
  }

  /** Finds a getter. */
  @FunctionalInterface
  private interface Found {
    MethodHandle get() throws ReflectiveOperationException;
  }
}
