package dev.dosql.storage.replica;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.PreconditionFailedException;
import dev.dosql.storage.PutOptions;
import dev.dosql.storage.StoredObject;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.internal.FailPoints;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads and writes of the head. Safe for many threads. */
final class Ownership {

  /** How often one of our own writes may come between another; there are never many at once. */
  private static final int CONFLICTS_MAX = 20;

  private final Requests requests;
  private final String key;
  private final String tenant;

  Ownership(Requests requests, ReplicaKeys keys, String tenant) {
    this.requests = requests;
    this.key = keys.head();
    this.tenant = tenant;
  }

  Optional<Head> read() throws IOException {
    try {
      return readOnce();
    } catch (BadObjectException e) {
      return readOnce(); // the bytes may have been damaged on the way
    }
  }

  private Optional<Head> readOnce() throws IOException {
    Optional<StoredObject> object = requests.get(key);
    if (object.isEmpty()) {
      return Optional.empty();
    }
    Head head = HeadFile.decode(key, object.get().bytes(), object.get().info().etag());
    if (!head.tenant().equals(tenant)) {
      throw new BadObjectException(
          key, "the head of another tenant", "that of tenant=" + tenant, "nothing: not ours", null);
    }
    return Optional.of(head);
  }

  Head checkOwned(Head owned) throws IOException {
    Head now = read().orElseThrow(() -> lost("no head", owned, null));
    if (!owned.isSameClaim(now)) {
      throw lost(shown(now), owned, null);
    }
    return now;
  }

  private LostOwnershipException lost(String seen, Head needed, @Nullable IOException cause) {
    return new LostOwnershipException(
        key, seen, "node=%s epoch=%d".formatted(needed.node(), needed.epoch()), cause);
  }

  private static String shown(Head head) {
    return "node=%s epoch=%d%s"
        .formatted(head.node(), head.epoch(), head.deleted() == null ? "" : " deleted");
  }

  Instant now() {
    return requests.settings().clock().instant().truncatedTo(ChronoUnit.MILLIS);
  }

  // Taking it.

  Head create(String node, String lineage) throws IOException {
    Head first = fresh(node, lineage, 1);
    try {
      return write(first, PutOptions.ifAbsent(), now -> false);
    } catch (LostOwnershipException e) {
      Head there = read().orElseThrow(() -> e);
      if (there.deleted() == null) {
        throw e;
      }
      return replace(there, fresh(node, lineage, there.epoch() + 1));
    }
  }

  private Head fresh(String node, String lineage, long epoch) {
    HeadDraft draft = new HeadDraft(tenant, node, lineage, now());
    draft.epoch = epoch;
    return draft.build();
  }

  Head claim(Head seen, String node, Position found) throws IOException {
    HeadDraft draft = new HeadDraft(seen).claimed(node).reached(found);
    draft.updated = now();
    return replace(seen, draft.build());
  }

  Head tombstone(Head seen) throws IOException {
    HeadDraft draft = new HeadDraft(seen).claimed(seen.node());
    draft.released = true;
    draft.deleted = now();
    draft.updated = now();
    return replace(seen, draft.build());
  }

  /** Replaces exactly the head that was seen. */
  private Head replace(Head seen, Head wanted) throws IOException {
    return write(wanted, PutOptions.ifMatch(seen.etag()), now -> now.etag().equals(seen.etag()));
  }

  /**
   * Writes a head of a new claim. What is there afterwards tells what became of a put that did not
   * answer: the claim's random name is in it, or it is as it was and the put may be tried again.
   */
  private Head write(Head wanted, PutOptions options, Predicate<Head> isAsItWas)
      throws IOException {
    for (int tried = 1; ; tried++) {
      try {
        Head written = put(wanted, options);
        FailPoints.reached("replica.claimed");
        return written;
      } catch (IOException e) {
        Optional<Head> now = read();
        if (now.isPresent() && isOf(wanted, now.get())) {
          return now.get();
        }
        boolean open = now.map(isAsItWas::test).orElse(options.mustBeAbsent());
        if (!open || e instanceof PreconditionFailedException && now.isPresent()) {
          throw lost(now.map(Ownership::shown).orElse("no head"), wanted, e);
        }
        if (tried >= requests.settings().attemptsMax()) {
          throw e;
        }
        requests.pause(tried, e);
      }
    }
  }

  private static boolean isOf(Head wanted, Head seen) {
    return seen.claim().equals(wanted.claim()) && seen.epoch() == wanted.epoch();
  }

  // Changing what is ours.

  /** Changes the head as long as it is of this claim, whatever else of this claim changed it. */
  Head update(Head owned, Consumer<HeadDraft> change) throws IOException {
    Head current = owned;
    int conflicts = 0;
    for (int tried = 1; ; ) {
      Head wanted = changed(current, change);
      try {
        Head written = put(wanted, PutOptions.ifMatch(current.etag()));
        FailPoints.reached("replica.head");
        return written;
      } catch (IOException e) {
        Head now = checkOwned(owned);
        if (withEtag(wanted, now.etag()).equals(now)) {
          return now;
        }
        boolean conflict = !now.etag().equals(current.etag());
        if (conflict ? ++conflicts > CONFLICTS_MAX : tried++ >= requests.settings().attemptsMax()) {
          throw e;
        }
        if (!conflict) {
          requests.pause(tried, e);
        }
        current = now;
      }
    }
  }

  private Head changed(Head head, Consumer<HeadDraft> change) {
    HeadDraft draft = new HeadDraft(head);
    draft.updated = now();
    draft.fenceDue = false; // whoever owns a head has a claim that was completed
    change.accept(draft);
    return draft.build();
  }

  private Head put(Head head, PutOptions options) throws IOException {
    return withEtag(head, requests.store().put(key, HeadFile.encode(head), options));
  }

  private static Head withEtag(Head head, String etag) {
    HeadDraft draft = new HeadDraft(head);
    draft.etag = etag;
    return draft.build();
  }
}
