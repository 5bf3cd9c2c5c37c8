package dev.dosql.storage.replica;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.ObjectInfo;
import dev.dosql.storage.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Future;

/**
 * An object of known length, read in ranges of which several run at once. It holds as many as that
 * in memory. Used by one thread at a time; needs no closing.
 */
final class ObjectStream extends InputStream {

  /** How many ranges are held at once, whatever else may run. */
  private static final int PARTS_MAX = 8;

  private final Requests requests;
  private final Reads reads;
  private final String key;
  private final long length;
  private final String lost;

  private final Deque<Future<StoredObject>> started = new ArrayDeque<>();
  private long startedTo;
  private ObjectInfo info;
  private byte[] part;
  private int at;

  private ObjectStream(
      Requests requests, Reads reads, StoredObject first, long length, String lost) {
    this.requests = requests;
    this.reads = reads;
    this.key = first.info().key();
    this.length = length;
    this.lost = lost;
    this.info = first.info();
    this.part = first.bytes();
    this.startedTo = part.length;
  }

  /** An object whose first bytes are here; the reads of what follows start now. */
  static ObjectStream after(Requests requests, Reads reads, StoredObject first, String lost) {
    ObjectStream stream = new ObjectStream(requests, reads, first, first.info().size(), lost);
    stream.startMore();
    return stream;
  }

  private void startMore() {
    int partBytes = requests.settings().partBytes();
    int parts = Math.min(PARTS_MAX, requests.settings().parallel());
    while (startedTo < length && started.size() < parts) {
      long offset = startedTo;
      int count = (int) Math.min(partBytes, length - offset);
      started.add(reads.start(() -> range(offset, count)));
      startedTo += count;
    }
  }

  private StoredObject range(long offset, int count) throws IOException {
    return requests
        .get(key, offset, count)
        .orElseThrow(() -> bad("it is gone while it is read", "the object it was"));
  }

  ObjectInfo info() {
    return info;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int count) throws IOException {
    while (at == part.length) {
      if (!nextPart()) {
        return -1;
      }
    }
    int copied = Math.min(count, part.length - at);
    System.arraycopy(part, at, bytes, offset, copied);
    at += copied;
    return copied;
  }

  private boolean nextPart() throws IOException {
    Future<StoredObject> read = started.poll();
    if (read == null) {
      return false;
    }
    StoredObject next = Reads.await(read);
    if (!next.info().etag().equals(info.etag()) || next.info().size() != length) {
      throw bad("it was replaced while it was read", "etag=" + info.etag());
    }
    part = next.bytes();
    at = 0;
    startMore();
    return true;
  }

  private BadObjectException bad(String seen, String needed) {
    return new BadObjectException(key, seen, needed, lost, null);
  }
}
