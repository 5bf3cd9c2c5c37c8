package dev.dosql.storage.replica;

import dev.dosql.storage.capture.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tenant's history now belongs to this node, until another claims it.
 *
 * @param head the head that says so; further writes name it
 * @param fence the position after the fence, which the owner continues; null if none was needed, or
 *     none could be put because the lineage held nothing and the head names a new one
 * @param ignored objects of an old owner that lie after a fence and are no part of the history;
 *     unmodifiable, mostly empty. If it is not, the lineage cannot be continued: begin a new one
 */
public record Claim(Head head, @Nullable Position fence, List<String> ignored) {

  /**
   * Copies the list.
   *
   * @param head the head that says so
   * @param fence the position after the fence, or null
   * @param ignored objects that are no part of the history
   */
  public Claim {
    ignored = List.copyOf(ignored);
  }
}
