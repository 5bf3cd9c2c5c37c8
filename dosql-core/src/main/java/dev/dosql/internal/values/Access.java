package dev.dosql.internal.values;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import org.jspecify.annotations.Nullable;

/** The right to use members of a user's class. */
final class Access {
  private static final Lookup OWN = MethodHandles.lookup();

  private Access() {}

  /**
   * The strongest lookup there is: private by the given lookup, private by the library's own, which
   * is enough for the class path and for open packages, else public.
   */
  static Lookup to(Class<?> type, @Nullable Lookup given) {
    Lookup lookup = given == null ? null : inside(type, given);
    if (lookup == null) {
      OWN.lookupClass().getModule().addReads(type.getModule());
      lookup = inside(type, OWN);
    }
    return lookup == null ? MethodHandles.publicLookup() : lookup;
  }

  private static @Nullable Lookup inside(Class<?> type, Lookup from) {
    try {
      return MethodHandles.privateLookupIn(type, from);
    } catch (IllegalAccessException e) {
      return null;
    }
  }

  /** Finds a member. */
  @FunctionalInterface
  interface Find {
    /** Finds it with the right that a lookup gives. */
    MethodHandle in(Lookup lookup) throws ReflectiveOperationException;
  }
}
