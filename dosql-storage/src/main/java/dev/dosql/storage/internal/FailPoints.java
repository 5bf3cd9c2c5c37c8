package dev.dosql.storage.internal;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Named moments at which a test lets the process die, or an error happen. Outside of tests they do
 * nothing.
 *
 * <p>Safe for use by many threads.
 */
public final class FailPoints {

  private static volatile @Nullable Consumer<String> hook;

  private FailPoints() {}

  /**
   * Says what happens at these moments.
   *
   * @param reached told the name of each; null for nothing
   */
  public static void onReached(@Nullable Consumer<String> reached) {
    hook = reached;
  }

  /**
   * Marks a moment.
   *
   * @param name its name: the package, and after a dot what has just been done
   */
  public static void reached(String name) {
    Consumer<String> told = hook;
    if (told != null) {
      told.accept(name);
    }
  }
}
