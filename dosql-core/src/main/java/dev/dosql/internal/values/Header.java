package dev.dosql.internal.values;

import dev.dosql.MappingException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a result, by position and by name; shared by all its rows.
 *
 * <p>Immutable; safe for use by many threads.
 */
final class Header {
  private final List<String> names;
  private final Slot[] slots;
  private final Map<String, Slot> byName = new HashMap<>();
  private final Map<String, Slot> doubled = new HashMap<>();

  /** Takes the names in order. */
  Header(List<String> names) {
    this.names = List.copyOf(names);
    this.slots = new Slot[names.size()];
    for (int column = 0; column < slots.length; column++) {
      slots[column] = new Slot(column, this.names.get(column));
      Slot same = byName.putIfAbsent(Names.lower(slots[column].name()), slots[column]);
      if (same != null) {
        doubled.put(Names.lower(same.name()), slots[column]);
      }
    }
  }

  /** The names in order. */
  List<String> names() {
    return names;
  }

  /** How many columns there are. */
  int count() {
    return slots.length;
  }

  /** The column at a position, or a MappingException. */
  Slot slot(int column) {
    if (column < 0 || column >= slots.length) {
      throw new MappingException(
          "no such column: positions go from 0 (column=" + column + ", columns=" + names + ")");
    }
    return slots[column];
  }

  /** The only column of a name, or a MappingException. */
  Slot slot(String name) {
    String lower = Names.lower(name);
    Slot slot = byName.get(lower);
    if (slot == null) {
      throw new MappingException(
          "no such column: needed one of the result's (column="
              + name
              + ", columns="
              + names
              + ")");
    }
    Slot other = doubled.get(lower);
    if (other != null) {
      throw twice("cannot read column " + name, slot, other);
    }
    return slot;
  }

  /** Makes sure that no two columns have one name, or throws a MappingException. */
  void requireDistinct() {
    doubled.keySet().forEach(this::slot);
  }

  /**
   * The column that a component or property is read from: the one of its name, else the only one
   * whose name differs by underscores; null if there is none, a MappingException if there are two.
   */
  @Nullable Slot match(Class<?> type, String component) {
    Slot exact = match(type, component, Names::lower);
    return exact != null ? exact : match(type, component, Names::folded);
  }

  private @Nullable Slot match(Class<?> type, String component, UnaryOperator<String> fold) {
    String wanted = fold.apply(component);
    List<Slot> found = new ArrayList<>();
    for (Slot slot : slots) {
      if (fold.apply(slot.name()).equals(wanted)) {
        found.add(slot);
      }
    }
    if (found.size() > 1) {
      String failed = "cannot map " + component + " of " + type.getTypeName();
      throw twice(failed, found.get(0), found.get(1));
    }
    return found.isEmpty() ? null : found.get(0);
  }

  private static MappingException twice(String failed, Slot one, Slot other) {
    return new MappingException(
        failed
            + ": two columns have that name, needed one; rename one with AS (columns="
            + describe(one)
            + " and "
            + describe(other)
            + ")");
  }

  private static String describe(Slot slot) {
    return slot.name() + " at " + slot.column();
  }
}
