package dev.dosql.storage;

import java.io.IOException;

/** A range was read that begins at or beyond the end of the object. */
public final class RangeOutsideObjectException extends IOException {

  private static final long serialVersionUID = 1L;

  /** The length of the object in bytes. */
  private final long size;

  /**
   * Makes the exception.
   *
   * @param key the object's key
   * @param offset the first byte that was asked for
   * @param size the length of the object in bytes
   */
  public RangeOutsideObjectException(String key, long offset, long size) {
    super("get failed: offset=%d, needed less than size=%d (key=%s)".formatted(offset, size, key));
    this.size = size;
  }

  /**
   * Returns the length of the object.
   *
   * @return the length in bytes
   */
  public long size() {
    return size;
  }
}
