package dev.dosql.storage.capture;

import java.io.IOException;

/** Somebody else wrote, or moved the {@code -wal}, while it was read; another look tells more. */
final class WalChangedException extends IOException {

  private static final long serialVersionUID = 1L;

  WalChangedException(String seen) {
    super("-wal was changed by somebody else while it was captured: " + seen);
  }
}
