package dev.dosql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A function written in Java that SQL can call.
 *
 * <p>Called on the thread that runs the statement, which may be that of another call: those that
 * wait for the writer are run by whoever has it. Must be safe for use by many threads, and must not
 * use the database.
 */
@FunctionalInterface
public interface SqlFunction {
  /**
   * Computes the function.
   *
   * @param arguments each a {@code Long}, {@code Double}, {@code String}, {@code byte[]} or null
   * @return a value of the value table, or null for NULL
   * @throws Exception to fail the statement; the error names its class, not its message, which may
   *     hold a value
   */
  @Nullable Object call(List<@Nullable Object> arguments) throws Exception;
}
