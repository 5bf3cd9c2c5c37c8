package dev.dosql.internal.values;

import static java.lang.invoke.MethodType.methodType;

import dev.dosql.MappingException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of one result become values of one type: one method handle {@code (Columns)Object},
 * composed of the constructor and a reader for each component or property, so that nothing is
 * looked up and no primitive is boxed while rows are read.
 *
 * <p>Used by one thread, to make one handle.
 */
final class Mapping {
  private static final MethodType READ = methodType(Object.class, Columns.class);

  /** The JVM gives a call 255 slots, and method handles need some of them. */
  private static final int SLOTS_MAX = 250;

  private final Class<?> type;
  private final Header header;
  private final Converters converters;
  private final MethodHandles.@Nullable Lookup given;

  private Mapping(
      Class<?> type, Header header, Converters converters, MethodHandles.@Nullable Lookup given) {
    this.type = type;
    this.header = header;
    this.converters = converters;
    this.given = given;
  }

  /** Makes the handle {@code (Columns)Object}, or throws a MappingException. */
  static MethodHandle handle(
      Class<?> type, Header header, Converters converters, MethodHandles.@Nullable Lookup given) {
    return new Mapping(type, header, converters, given).handle().asType(READ);
  }

  private MethodHandle handle() {
    MethodHandle single = FromColumn.handle(type, converters);
    if (single != null) {
      return single(single);
    }
    if (type.isRecord()) {
      return ofRecord();
    }
    return ofBean();
  }

  private MethodHandle single(MethodHandle reader) {
    if (header.count() != 1) {
      throw failed("it takes one column, the result has " + header.count());
    }
    return at(reader, header.slot(0));
  }

  private static MethodHandle at(MethodHandle reader, Slot slot) {
    return MethodHandles.insertArguments(reader, 1, slot);
  }

  private MethodHandle ofRecord() {
    RecordComponent[] components = type.getRecordComponents();
    MethodType types = methodType(void.class);
    MethodHandle[] readers = new MethodHandle[components.length];
    for (int i = 0; i < readers.length; i++) {
      types = types.appendParameterTypes(components[i].getType());
      readers[i] = reader(components[i]);
    }
    requireSlots(types);
    MethodHandle made = MethodHandles.filterArguments(constructor(types), 0, readers);
    MethodType one = methodType(type, Columns.class);
    return MethodHandles.permuteArguments(made, one, new int[readers.length]);
  }

  private MethodHandle reader(RecordComponent component) {
    String name = component.getName();
    Slot slot = header.match(type, name);
    if (slot == null) {
      throw failed("no column for component " + name);
    }
    return reader(name, component.getType(), component.getGenericType(), slot);
  }

  private void requireSlots(MethodType types) {
    int slots = 0;
    for (Class<?> each : types.parameterList()) {
      slots += each == long.class || each == double.class ? 2 : 1;
    }
    if (slots > SLOTS_MAX) {
      throw failed("it has too many components for one call");
    }
  }

  private MethodHandle ofBean() {
    if (type.isInterface() || type.isArray() || Modifier.isAbstract(type.getModifiers())) {
      throw unmappable();
    }
    MethodHandle made = MethodHandles.dropArguments(MethodHandles.identity(type), 1, Columns.class);
    MethodHandle constructor = constructor(methodType(void.class));
    for (MethodHandle setter : setters()) {
      made = MethodHandles.foldArguments(made, setter);
    }
    return MethodHandles.foldArguments(made, constructor);
  }

  /**
   * Handles {@code (type, Columns)void}, the first property's last, as folding turns them round.
   */
  private List<MethodHandle> setters() {
    List<Property> properties = Property.of(type);
    if (properties.isEmpty()) {
      throw unmappable();
    }
    List<MethodHandle> setters = new ArrayList<>();
    for (Property property : properties) {
      Slot slot = header.match(type, property.name());
      if (slot != null) {
        setters.add(setter(property, slot));
      }
    }
    if (setters.isEmpty()) {
      throw failed("no column has the name of a property");
    }
    Collections.reverse(setters);
    return setters;
  }

  private MethodHandle setter(Property property, Slot slot) {
    if (property.isAmbiguous()) {
      throw failed("its setters for " + property.name() + " differ in type and no getter decides");
    }
    MethodHandle setter = accessible(lookup -> property.setter(type, lookup));
    MethodHandle reader = reader(property.name(), property.type(), property.generic(), slot);
    return MethodHandles.filterArguments(setter, 1, reader);
  }

  /** The handle {@code (Columns)raw} that reads a component or a property. */
  private MethodHandle reader(String name, Class<?> raw, Type generic, Slot slot) {
    if (raw == Optional.class) {
      return at(FromColumn.optional(cell(name, elementOf(name, generic))), slot);
    }
    if (generic instanceof TypeVariable) {
      throw failed("the type of " + name + " is a type variable");
    }
    return at(cell(name, raw), slot);
  }

  private Class<?> elementOf(String name, Type generic) {
    if (generic instanceof ParameterizedType optional
        && optional.getActualTypeArguments()[0] instanceof Class<?> element) {
      return element;
    }
    throw failed("the Optional of " + name + " must say what it holds, as Optional<String> does");
  }

  private MethodHandle cell(String name, Class<?> target) {
    MethodHandle cell = FromColumn.handle(target, converters);
    if (cell == null) {
      String what = target.isRecord() ? "nested records are not mapped" : "not in the value table";
      throw failed(
          "the type of " + name + " needs a Converter: " + what + ": " + target.getTypeName());
    }
    return cell;
  }

  private MethodHandle constructor(MethodType types) {
    return accessible(lookup -> lookup.findConstructor(type, types));
  }

  private MethodHandle accessible(Access.Find find) {
    try {
      return find.in(Access.to(type, given));
    } catch (NoSuchMethodException e) {
      throw unmappable();
    } catch (IllegalAccessException e) {
      throw new MappingException(
          message(
              "this library may not use it; make it public in a package that is exported or open,"
                  + " or pass lookup(MethodHandles.lookup()) in DBOptions"),
          e);
    } catch (ReflectiveOperationException e) {
      throw new MappingException(message("a member of it cannot be used"), e);
    }
  }

  private MappingException unmappable() {
    return failed(
        "needed a type of the value table, a type with a Converter in DBOptions, a record, or a"
            + " class with a constructor without parameters and setters or public fields");
  }

  private MappingException failed(String why) {
    return new MappingException(message(why));
  }

  private String message(String why) {
    return "cannot make a value of a row: "
        + why
        + " (type="
        + type.getTypeName()
        + ", columns="
        + header.names()
        + ")";
  }
}
