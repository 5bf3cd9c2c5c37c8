package dev.dosql.storage;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/**
 * One version of an object, open to be read from its first byte to its last.
 *
 * <p>Used by one thread at a time; whoever opened it closes it.
 *
 * @param info what is known of the object
 * @param body its bytes
 */
public record OpenObject(ObjectInfo info, InputStream body) implements Closeable {

  /** Closes the stream. */
  @Override
  public void close() throws IOException {
    body.close();
  }
}
