package dev.dosql.storage;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Someone else owns what is kept under a prefix of a store, or has written where only the owner
 * writes. Nothing was written by the call that failed, and what it wanted to write is not part of
 * the history there: the caller stops writing and compares its state with the store's anew.
 */
public final class LostOwnershipException extends IOException {

  private static final long serialVersionUID = 1L;

  /** The key of the object that told. */
  private final String object;

  /** What was seen there. */
  private final String seen;

  /**
   * Makes the exception.
   *
   * @param object the key of the object that told
   * @param seen what was seen there
   * @param needed what was needed
   * @param cause what noticed it, or null
   */
  public LostOwnershipException(
      String object, String seen, String needed, @Nullable Throwable cause) {
    super("lost ownership: %s, needed %s (object=%s)".formatted(seen, needed, object), cause);
    this.object = object;
    this.seen = seen;
  }

  /**
   * Returns which object told.
   *
   * @return its key in the store
   */
  public String object() {
    return object;
  }

  /**
   * Returns what was seen there.
   *
   * @return the other owner, or the other content
   */
  public String seen() {
    return seen;
  }
}
