package dev.dosql.storage.capture;

import java.io.IOException;

/**
 * The database has pages of another size than its lineage, so somebody else rewrote it. A lineage
 * has one page size: begin another by {@link LocalLog#begin}. Nothing was captured.
 */
public final class PageSizeException extends IOException {

  private static final long serialVersionUID = 1L;

  PageSizeException(String message) {
    super(message);
  }
}
