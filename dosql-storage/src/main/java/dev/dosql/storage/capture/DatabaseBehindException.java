package dev.dosql.storage.capture;

import java.io.IOException;

/**
 * The database lacks commits that its local log holds, as after a loss of power on a disk that
 * forgot what was forced, or when an old copy of the files was put in their place.
 *
 * <p>Capturing would make the loss part of the history, so nothing was captured. What the log holds
 * is good: ship it and restore, or accept the loss by {@link LocalLog#resume}.
 */
public final class DatabaseBehindException extends IOException {

  private static final long serialVersionUID = 1L;

  DatabaseBehindException(String message) {
    super(message);
  }
}
