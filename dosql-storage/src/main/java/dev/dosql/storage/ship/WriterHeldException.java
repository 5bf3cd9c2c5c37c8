package dev.dosql.storage.ship;

import java.io.IOException;

/** Somebody holds the writer for too long, so that nothing could be captured; nothing was done. */
public final class WriterHeldException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Makes the error. */
  public WriterHeldException(Throwable cause) {
    super(cause.getMessage(), cause);
  }
}
