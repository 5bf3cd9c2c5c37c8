package dev.dosql.internal.values;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A property of a bean: one or more public setters of one name, or a public field. */
record Property(String name, List<Method> setters, @Nullable Field field) {
  /** The properties of a class in order of their names; a setter comes before a field. */
  static List<Property> of(Class<?> type) {
    Map<String, Property> properties = new TreeMap<>();
    for (Field field : type.getFields()) {
      if (!Modifier.isStatic(field.getModifiers()) && !Modifier.isFinal(field.getModifiers())) {
        properties.putIfAbsent(field.getName(), new Property(field.getName(), List.of(), field));
      }
    }
    settersOf(type)
        .forEach((name, all) -> properties.put(name, new Property(name, chosen(type, all), null)));
    return List.copyOf(properties.values());
  }

  private static Map<String, List<Method>> settersOf(Class<?> type) {
    Map<String, List<Method>> setters = new TreeMap<>();
    for (Method method : type.getMethods()) {
      if (isSetter(method)) {
        setters.computeIfAbsent(nameOf(method), name -> new ArrayList<>()).add(method);
      }
    }
    return setters;
  }

  private static boolean isSetter(Method method) {
    return method.getName().startsWith("set")
        && method.getName().length() > 3
        && method.getParameterCount() == 1
        && !Modifier.isStatic(method.getModifiers());
  }

  private static String nameOf(Method setter) {
    String name = setter.getName();
    return Character.toLowerCase(name.charAt(3)) + name.substring(4);
  }

  /**
   * Of overloads, the one whose type the getter has. Bridges count only where nothing else does.
   */
  private static List<Method> chosen(Class<?> type, List<Method> overloads) {
    if (overloads.size() == 1) {
      return overloads;
    }
    List<Method> real = overloads.stream().filter(setter -> !setter.isBridge()).toList();
    if (real.size() == 1) {
      return real;
    }
    List<Method> fitting =
        real.stream().filter(setter -> getterHas(type, setter)).sorted(byType()).toList();
    return fitting.size() == 1 ? fitting : real;
  }

  private static Comparator<Method> byType() {
    return Comparator.comparing(setter -> setter.getParameterTypes()[0].getName());
  }

  private static boolean getterHas(Class<?> type, Method setter) {
    String name = setter.getName().substring(3);
    return Arrays.stream(type.getMethods())
        .filter(method -> method.getParameterCount() == 0)
        .filter(
            method -> method.getName().equals("get" + name) || method.getName().equals("is" + name))
        .anyMatch(getter -> getter.getReturnType() == setter.getParameterTypes()[0]);
  }

  /** Whether nothing says which of several setters is meant. */
  boolean isAmbiguous() {
    return setters.size() > 1;
  }

  /** The property's type. */
  Class<?> type() {
    return field != null ? field.getType() : setters.get(0).getParameterTypes()[0];
  }

  /** The property's type with its arguments. */
  Type generic() {
    return field != null ? field.getGenericType() : setters.get(0).getGenericParameterTypes()[0];
  }

  /** The handle {@code (bean, value)void}; what a fluent setter returns is dropped. */
  MethodHandle setter(Class<?> bean, MethodHandles.Lookup lookup)
      throws ReflectiveOperationException {
    return member(bean, lookup).asType(methodType(void.class, bean, type()));
  }

  /** The handle {@code (bean)value}, of a getter of the property's own type or of the field. */
  MethodHandle getter(Class<?> bean, MethodHandles.Lookup lookup)
      throws ReflectiveOperationException {
    if (field != null) {
      return lookup.findGetter(bean, name, type());
    }
    String end = setters.get(0).getName().substring(3);
    try {
      return lookup.findVirtual(bean, "get" + end, methodType(type()));
    } catch (NoSuchMethodException e) {
      return lookup.findVirtual(bean, "is" + end, methodType(type()));
    }
  }

  private MethodHandle member(Class<?> bean, MethodHandles.Lookup lookup)
      throws ReflectiveOperationException {
    if (field != null) {
      return lookup.findSetter(bean, name, field.getType());
    }
    Method setter = setters.get(0);
    return lookup.findVirtual(
        bean, setter.getName(), methodType(setter.getReturnType(), setter.getParameterTypes()));
  }
}
