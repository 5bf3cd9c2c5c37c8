package dev.dosql.storage.ltx;

import java.io.IOException;

/** Bytes are not an LTX file, or no longer the one that was written. */
public final class LtxFormatException extends IOException {

  private static final long serialVersionUID = 1L;

  /** The name of the file. */
  private final String file;

  /** Where in the file it was noticed. */
  private final long offset;

  /** What was seen there. */
  private final String seen;

  /** What was needed there. */
  private final String needed;

  /**
   * Makes the exception.
   *
   * @param file the name of the file
   * @param offset where in the file it was noticed, in bytes from its beginning
   * @param seen what was seen there
   * @param needed what was needed there
   */
  public LtxFormatException(String file, long offset, String seen, String needed) {
    super(
        "LTX file refused: %s, needed %s (file=%s, offset=%d)"
            .formatted(seen, needed, file, offset));
    this.file = file;
    this.offset = offset;
    this.seen = seen;
    this.needed = needed;
  }

  /**
   * Returns the name of the file.
   *
   * @return the name that the reader was given
   */
  public String file() {
    return file;
  }

  /**
   * Returns where it was noticed. A wrong checksum is noticed at the end of the file, wherever the
   * wrong byte is.
   *
   * @return bytes from the beginning of the file
   */
  public long offset() {
    return offset;
  }

  /**
   * Returns what was seen.
   *
   * @return a few words
   */
  public String seen() {
    return seen;
  }

  /**
   * Returns what was needed.
   *
   * @return a few words
   */
  public String needed() {
    return needed;
  }
}
