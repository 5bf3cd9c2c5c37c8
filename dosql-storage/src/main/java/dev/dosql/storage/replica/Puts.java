package dev.dosql.storage.replica;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.OpenObject;
import dev.dosql.storage.PutOptions;
import dev.dosql.storage.StoredObject;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.internal.FailPoints;
import dev.dosql.storage.ltx.LtxFormatException;
import dev.dosql.storage.ltx.LtxReader;
import dev.dosql.storage.ltx.LtxSummary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Puts of objects that are never replaced. An answer that does not tell is followed by a look at
 * what is there: ours is a success, anything else is someone else's. Safe for many threads.
 */
final class Puts {

  private static final int CHECKSUM_BYTES = 8;

  private final Requests requests;

  Puts(Requests requests) {
    this.requests = requests;
  }

  /** What makes an object this one and no other. */
  record Identity(Marks marks, long length, long checksum) {}

  /** The content of a put. */
  interface Content {
    void put(ObjectStore store, String key, PutOptions options) throws IOException;
  }

  /** Puts, or finds that this was put before; fails if something else is there. */
  void put(String key, Content content, Identity identity, long timestampMillis)
      throws IOException {
    PutOptions options = identity.marks().options(timestampMillis);
    for (int tried = 1; ; tried++) {
      try {
        content.put(requests.store(), key, options);
        FailPoints.reached("replica.put");
        return;
      } catch (IOException e) {
        if (isThere(key, identity, e)) {
          return;
        }
        if (tried >= requests.settings().attemptsMax()) {
          throw e;
        }
        requests.pause(tried, e);
      }
    }
  }

  /** Whether ours is there; false if nothing is, or if that cannot be told now. */
  private boolean isThere(String key, Identity identity, IOException cause) throws IOException {
    Optional<Identity> seen;
    try {
      seen = identity(key);
    } catch (BadObjectException e) {
      throw lost(key, e.seen(), cause);
    } catch (IOException e) {
      if (Requests.isDefinite(e)) {
        throw e;
      }
      cause.addSuppressed(e);
      return false;
    }
    if (seen.isEmpty()) {
      return false; // also after a refused condition: whoever was there first has deleted it
    }
    if (!seen.get().equals(identity)) {
      throw lost(key, shown(seen.get()), cause);
    }
    return true;
  }

  private static String shown(Identity seen) {
    return "another object of epoch=%d (chain=%s, length=%d, checksum=%016x)"
        .formatted(seen.marks().epoch(), seen.marks().chain(), seen.length(), seen.checksum());
  }

  private static LostOwnershipException lost(String key, String seen, IOException cause) {
    return new LostOwnershipException(key, seen, "none, or ours", cause);
  }

  /** Reads what is there, by its metadata, its length and its last bytes. */
  Optional<Identity> identity(String key) throws IOException {
    Optional<StoredObject> first = requests.first(key, 1, "what is there");
    if (first.isEmpty()) {
      return Optional.empty();
    }
    Marks marks = Marks.of(first.get().info(), "what is there");
    long length = first.get().info().size();
    if (length < CHECKSUM_BYTES) {
      return Optional.of(new Identity(marks, length, 0));
    }
    return requests
        .get(key, length - CHECKSUM_BYTES, CHECKSUM_BYTES)
        .map(end -> new Identity(marks, length, ByteBuffer.wrap(end.bytes()).getLong()));
  }

  // Snapshots.

  /** Puts a snapshot, or finds that one of the same position is there, and verifies that. */
  Snapshot snapshot(ReplicaKeys keys, Position at, Path file, LtxSummary summary, long epoch)
      throws IOException {
    String key = keys.snapshot(at.lineage(), at.txid());
    Identity identity =
        new Identity(new Marks(at.chain(), epoch), summary.length(), summary.checksum());
    try {
      put(
          key,
          (store, name, options) -> store.put(name, file, options),
          identity,
          summary.header().timestampMillis());
      return new Snapshot(at, summary.length(), summary.checksum());
    } catch (LostOwnershipException e) {
      return adopted(key, at, e);
    }
  }

  /** Two snapshots of one position differ in what nobody reads: how they were packed, and when. */
  private Snapshot adopted(String key, Position at, LostOwnershipException otherwise)
      throws IOException {
    Optional<Identity> there = identity(key);
    if (there.isEmpty() || !there.get().marks().chain().equals(at.chain())) {
      throw otherwise;
    }
    OpenObject object =
        requests.retry(() -> requests.store().open(key)).orElseThrow(() -> otherwise);
    try (object) {
      LtxSummary read = verified(object, "nothing: that snapshot is not used");
      if (read.header().minTxid() != 1 || read.header().maxTxid() != at.txid()) {
        throw otherwise;
      }
      return new Snapshot(at, read.length(), read.checksum());
    }
  }

  // Files.

  /** Reads the header of a file, and the checksum at its end, without verifying either. */
  static LtxSummary summaryOf(Path path) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      long length = file.length();
      byte[] first = new byte[(int) Math.min(length, 100)];
      file.readFully(first);
      LtxReader reader = new LtxReader(new ByteArrayInputStream(first), path.toString());
      file.seek(length - CHECKSUM_BYTES);
      return new LtxSummary(reader.header(), file.readLong(), length, 0);
    }
  }

  /** Reads and verifies an object from its first byte to its last. */
  static LtxSummary verified(OpenObject object, String lost) throws IOException {
    String key = object.info().key();
    try {
      LtxReader reader = new LtxReader(object.body(), key);
      byte[] page = new byte[reader.header().pageSize()];
      while (reader.next(page) != 0) {
        // only to reach the checksum
      }
      return reader.summary();
    } catch (LtxFormatException e) {
      throw new BadObjectException(key, e.seen() + " at offset " + e.offset(), e.needed(), lost, e);
    }
  }
}
