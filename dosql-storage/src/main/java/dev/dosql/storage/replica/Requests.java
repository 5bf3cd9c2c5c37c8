package dev.dosql.storage.replica;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.PreconditionFailedException;
import dev.dosql.storage.RangeOutsideObjectException;
import dev.dosql.storage.StoredObject;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Reads of a store, tried again when they fail for reasons that may pass. Safe for many threads.
 */
final class Requests {

  private final ObjectStore store;
  private final ReplicaSettings settings;

  Requests(ObjectStore store, ReplicaSettings settings) {
    this.store = store;
    this.settings = settings;
  }

  /** What may fail and be tried again. */
  interface Attempt<T> {
    T run() throws IOException;
  }

  Optional<StoredObject> get(String key) throws IOException {
    return retry(() -> store.get(key));
  }

  /** Reads a range; the answer has all bytes of it that the object has. */
  Optional<StoredObject> get(String key, long offset, int length) throws IOException {
    return retry(() -> checkedRange(key, offset, length));
  }

  private Optional<StoredObject> checkedRange(String key, long offset, int length)
      throws IOException {
    Optional<StoredObject> found = store.get(key, offset, length);
    if (found.isPresent()) {
      long needed = Math.min(length, found.get().info().size() - offset);
      if (found.get().bytes().length != needed) {
        throw new IOException(
            "get failed: %d bytes, needed %d (key=%s, offset=%d)"
                .formatted(found.get().bytes().length, needed, key, offset));
      }
    }
    return found;
  }

  /** Reads the first bytes; an object without any is a bad one. */
  Optional<StoredObject> first(String key, int length, String lost) throws IOException {
    try {
      return get(key, 0, length);
    } catch (RangeOutsideObjectException e) {
      throw new BadObjectException(key, "0 bytes", "an LTX file", lost, e);
    }
  }

  <T> T retry(Attempt<T> attempt) throws IOException {
    for (int tried = 1; ; tried++) {
      try {
        return attempt.run();
      } catch (IOException e) {
        if (isDefinite(e) || tried >= settings.attemptsMax()) {
          throw e;
        }
        pause(tried, e);
      }
    }
  }

  /** Whether trying again would tell the same. */
  static boolean isDefinite(IOException e) {
    return e instanceof PreconditionFailedException
        || e instanceof RangeOutsideObjectException
        || e instanceof BadObjectException
        || e instanceof LostOwnershipException
        || e instanceof InterruptedIOException;
  }

  /** Waits after a failed attempt, the longer the more there were. */
  void pause(int tried, IOException cause) throws InterruptedIOException {
    long nanos = settings.pauseMin().toNanos() << Math.min(tried - 1, 20);
    nanos = Math.min(nanos, settings.pauseMax().toNanos());
    if (nanos > 1) {
      nanos -= ThreadLocalRandom.current().nextLong(nanos / 2 + 1); // callers spread out
    }
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted =
          new InterruptedIOException("interrupted while waiting to try again: " + cause);
      interrupted.initCause(cause);
      throw interrupted;
    }
  }

  ObjectStore store() {
    return store;
  }

  ReplicaSettings settings() {
    return settings;
  }
}
