package dev.dosql.storage.replica;

import dev.dosql.storage.capture.Position;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A head in the making: another head with some fields changed. Used by one thread. */
final class HeadDraft {

  final String tenant;
  String lineage;
  List<Position> parents;
  String node;
  String claim;
  long epoch;
  boolean released;
  boolean fenceDue;
  Position last;
  List<Snapshot> snapshots;
  long floor;
  @Nullable Instant deleted;
  Instant updated;
  String etag;

  /** The first head of a tenant. */
  HeadDraft(String tenant, String node, String lineage, Instant updated) {
    this.tenant = tenant;
    this.lineage = lineage;
    this.parents = List.of();
    this.node = node;
    this.claim = Hashes.random16();
    this.epoch = 1;
    this.last = Position.start(lineage);
    this.snapshots = List.of();
    this.floor = 1;
    this.updated = updated;
    this.etag = "";
  }

  HeadDraft(Head head) {
    this.tenant = head.tenant();
    this.lineage = head.lineage();
    this.parents = head.parents();
    this.node = head.node();
    this.claim = head.claim();
    this.epoch = head.epoch();
    this.released = head.released();
    this.fenceDue = head.fenceDue();
    this.last = head.last();
    this.snapshots = head.snapshots();
    this.floor = head.floor();
    this.deleted = head.deleted();
    this.updated = head.updated();
    this.etag = head.etag();
  }

  /** A new claim, one epoch later. */
  HeadDraft claimed(String newNode) {
    fenceDue = !released && (fenceDue || !node.equals(newNode));
    node = newNode;
    claim = Hashes.random16();
    epoch++;
    released = false;
    return this;
  }

  /** Moves the last position, never back. */
  HeadDraft reached(Position position) {
    if (position.lineage().equals(lineage) && position.txid() > last.txid()) {
      last = position;
    }
    return this;
  }

  Head build() {
    return new Head(
        tenant, lineage, parents, node, claim, epoch, released, fenceDue, last, snapshots, floor,
        deleted, updated, etag);
  }
}
