package dev.dosql.storage;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An object of a store is not what it should be: damaged, missing, foreign, or not readable by this
 * version. Nothing was made from it; whoever threw this has left no file behind.
 *
 * <p>It is not thrown for a store that cannot be reached: trying again does not help here.
 */
public final class BadObjectException extends IOException {

  private static final long serialVersionUID = 1L;

  /** The key of the object. */
  private final String object;

  /** What was seen. */
  private final String seen;

  /** What was needed instead. */
  private final String needed;

  /** What is lost without it. */
  private final String lost;

  /**
   * Makes the exception.
   *
   * @param object the key of the object
   * @param seen what was seen
   * @param needed what was needed instead
   * @param lost what is lost if the object cannot be had whole
   * @param cause what noticed it, or null
   */
  public BadObjectException(
      String object, String seen, String needed, String lost, @Nullable Throwable cause) {
    super(
        "bad object: %s, needed %s; without it is lost: %s (object=%s)"
            .formatted(seen, needed, lost, object),
        cause);
    this.object = object;
    this.seen = seen;
    this.needed = needed;
    this.lost = lost;
  }

  /**
   * Returns which object is bad.
   *
   * @return its key in the store
   */
  public String object() {
    return object;
  }

  /**
   * Returns what is wrong with the object.
   *
   * @return what was seen
   */
  public String seen() {
    return seen;
  }

  /**
   * Returns what the object should have been.
   *
   * @return what was needed
   */
  public String needed() {
    return needed;
  }

  /**
   * Returns what is lost without the object.
   *
   * @return which part of which history, for people
   */
  public String lost() {
    return lost;
  }
}
