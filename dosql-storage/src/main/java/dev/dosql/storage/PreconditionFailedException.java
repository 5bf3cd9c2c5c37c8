package dev.dosql.storage;

import java.io.IOException;

/**
 * The condition of a put did not hold; the put wrote nothing.
 *
 * <p>A caller that repeats a put after an ambiguous failure may meet its own first attempt here.
 */
public final class PreconditionFailedException extends IOException {

  private static final long serialVersionUID = 1L;

  /** The key of the put. */
  private final String key;

  /**
   * Makes the exception.
   *
   * @param key the key of the put
   * @param message what was seen and what was needed
   */
  public PreconditionFailedException(String key, String message) {
    super(message);
    this.key = key;
  }

  /**
   * Returns the key of the put.
   *
   * @return the key
   */
  public String key() {
    return key;
  }
}
