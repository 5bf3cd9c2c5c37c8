package dev.dosql.storage.replica;

import dev.dosql.storage.capture.Position;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one mutable object of a tenant in a bucket, {@code head.json}: whose it is, which lineage is
 * the present one, and which snapshots there are. Immutable; its format is in the package
 * description.
 *
 * @param tenant the tenant's name, for people
 * @param lineage the present history
 * @param parents where the present history came from, newest first: the last position of each
 *     earlier lineage that is part of it; unmodifiable
 * @param node the node that owns it, or owned it last
 * @param claim a random name of the claim, 16 hex digits; tells two claimants of one name apart
 * @param epoch how often it was claimed, from 1
 * @param released whether the owner has given it up in good order, with everything shipped
 * @param fenceDue whether it was taken from another node and no head was written since: only then
 *     it is not known from the head that the old owner was fenced
 * @param last the newest position of the present lineage when the head was written; there may be
 *     later segments
 * @param snapshots the newest snapshots, newest first; unmodifiable
 * @param floor the first segment that is still kept one by one, 1 if all are
 * @param deleted when the tenant was deleted, or null
 * @param updated when the head was written
 * @param etag the version tag of this head, by which it is replaced; not part of the content
 */
public record Head(
    String tenant,
    String lineage,
    List<Position> parents,
    String node,
    String claim,
    long epoch,
    boolean released,
    boolean fenceDue,
    Position last,
    List<Snapshot> snapshots,
    long floor,
    @Nullable Instant deleted,
    Instant updated,
    String etag) {

  /**
   * Checks the components and copies the lists.
   *
   * @param tenant the tenant's name
   * @param lineage the present history
   * @param parents the last position of each earlier lineage
   * @param node the node that owns it
   * @param claim a random name of the claim
   * @param epoch how often it was claimed
   * @param released whether the owner has given it up
   * @param fenceDue whether a fence may be missing
   * @param last the newest position when the head was written
   * @param snapshots the newest snapshots
   * @param floor the first segment that is kept one by one
   * @param deleted when the tenant was deleted, or null
   * @param updated when the head was written
   * @param etag the version tag
   */
  public Head {
    parents = List.copyOf(parents);
    snapshots = List.copyOf(snapshots);
    if (!last.lineage().equals(lineage) || epoch < 1 || floor < 1 || node.isEmpty()) {
      throw new IllegalArgumentException(
          "head refused: needed last in the lineage, epoch and floor from 1, a node"
              + " (lineage=%s, last=%s, epoch=%d, floor=%d, node=%s)"
                  .formatted(lineage, last, epoch, floor, node));
    }
  }

  /**
   * Tells whether a later head is still of the same claim, so that its owner may write.
   *
   * @param later the head read later
   * @return whether it is the same claim and the tenant is not deleted
   */
  public boolean isSameClaim(Head later) {
    return later.epoch == epoch && later.claim.equals(claim) && later.deleted == null;
  }
}
