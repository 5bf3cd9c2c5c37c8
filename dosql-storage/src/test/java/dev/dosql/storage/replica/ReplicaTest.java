package dev.dosql.storage.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.LostOwnershipException;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.capture.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ReplicaTest extends ReplicaFixture {

  // The head.

  @Test
  void create_ofANewTenant_isReadBack() throws IOException {
    Head head = replica.create("a", LINEAGE);

    assertThat(replica.readHead()).contains(head);
    assertThat(head.epoch()).isEqualTo(1);
    assertThat(head.last()).isEqualTo(Position.start(LINEAGE));
    assertThat(replica.checkOwned(head)).isEqualTo(head);
  }

  @Test
  void create_ofATenantThatIsThere_isLost() throws IOException {
    replica.create("a", LINEAGE);

    assertThatThrownBy(() -> replica.create("b", "00000000000000bb"))
        .isInstanceOf(LostOwnershipException.class)
        .hasMessageContaining("node=a epoch=1");
  }

  @Test
  void create_afterATombstone_isANewTenantOfALaterEpoch() throws IOException {
    Head deleted = replica.tombstone(replica.create("a", LINEAGE));
    assertThat(deleted.deleted()).isNotNull();

    Head head = replica.create("b", "00000000000000bb");

    assertThat(head.epoch()).isEqualTo(3);
    assertThat(head.deleted()).isNull();
    assertThat(replica.readHead()).contains(head);
  }

  @Test
  void tombstone_endsTheClaim() throws IOException {
    Head head = replica.create("a", LINEAGE);
    replica.tombstone(head);

    assertThatThrownBy(() -> replica.checkOwned(head)).isInstanceOf(LostOwnershipException.class);
    assertThatThrownBy(() -> replica.release(head, head.last()))
        .isInstanceOf(LostOwnershipException.class);
    assertThatThrownBy(() -> replica.claim(replica.readHead().orElseThrow(), "a"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void claim_ofTheSameNode_needsNoFence() throws IOException {
    History history = history();
    Head head = fill(history, 3, seeded(1));

    Claim claim = replica.claim(head, "a");

    assertThat(claim.fence()).isNull();
    assertThat(claim.head().epoch()).isEqualTo(2);
    assertThat(claim.head().fenceDue()).isFalse();
    assertThat(keys()).hasSize(4);
    assertThatThrownBy(() -> replica.checkOwned(head)).isInstanceOf(LostOwnershipException.class);
  }

  @Test
  void claim_withAPositionThatWasFound_notesItInTheHead() throws IOException {
    History history = history();
    Head head = fill(history, 4, seeded(19));
    Comparison comparison = replica.compare(history.position(), 4, List.of());

    Claim claim = replica.claim(comparison.head(), "a", comparison.bucket());

    assertThat(claim.head().last()).isEqualTo(history.position());
    assertThat(replica.claim(claim.head(), "a", head.last()).head().last())
        .isEqualTo(history.position());
    store.delete(key(4));
    assertThatThrownBy(this::restore).isInstanceOf(BadObjectException.class);
  }

  @Test
  void claim_ofAReleasedTenant_needsNoFence() throws IOException {
    History history = history();
    Head released = replica.release(fill(history, 3, seeded(2)), history.position());

    Claim claim = replica.claim(released, "b");

    assertThat(claim.fence()).isNull();
    assertThat(claim.head().last()).isEqualTo(history.position());
    assertThat(claim.head().released()).isFalse();
  }

  @Test
  void claim_ofAnothersHead_thatWasWrittenSince_isLost() throws IOException {
    Head seen = replica.create("a", LINEAGE);
    replica.release(seen, seen.last());

    assertThatThrownBy(() -> replica.claim(seen, "b")).isInstanceOf(LostOwnershipException.class);
    assertThat(replica.readHead().orElseThrow().node()).isEqualTo("a");
  }

  // Fences.

  @Test
  void claim_ofAnothersTenant_putsAFenceAndContinues() throws IOException {
    History history = history();
    Random random = seeded(3);
    Head old = fill(history, 5, random);

    Claim claim = replica.claim(old, "b");

    Position fence = claim.fence();
    assertThat(fence).isNotNull();
    assertThat(fence.txid()).isEqualTo(6);
    assertThat(keys()).contains(key(6));
    Restored restored = restore();
    assertThat(restored.position()).isEqualTo(fence);
    assertThat(target()).hasBinaryContent(history.state());
  }

  @Test
  void put_ofAZombie_meetsTheFence() throws IOException {
    History history = history();
    Random random = seeded(4);
    Head old = fill(history, 5, random);
    Segment late = history.commit(random);
    replica.claim(old, "b");

    assertThatThrownBy(() -> replica.put(late, old))
        .isInstanceOf(LostOwnershipException.class)
        .hasMessageContaining("epoch=2");
    assertThatThrownBy(() -> replica.checkOwned(old)).isInstanceOf(LostOwnershipException.class);
  }

  /** The old owner's segment 6 lands just before somebody else puts one there. */
  private ForwardingStore landing(ObjectStore into, Segment late, Head old) {
    return new ForwardingStore(into) {
      private boolean done;

      @Override
      void before(String what, String key) throws IOException {
        if (what.equals("put") && key.equals(key(6)) && !done) {
          done = true;
          replica.put(late, old);
        }
      }
    };
  }

  @Test
  void put_ofAZombie_thatLandsBeforeTheFence_isPartOfTheHistoryButNotConfirmed()
      throws IOException {
    History history = history();
    Random random = seeded(5);
    Head old = fill(history, 5, random);
    HostileStore between = new HostileStore(store, 5);
    Segment late = history.commit(random);
    // The new owner has read the tail when the old one's put lands.
    Replica other = replica(landing(between, late, old));

    Claim claim = other.claim(old, "b");

    assertThat(claim.fence().txid()).isEqualTo(7);
    assertThatThrownBy(() -> replica.checkOwned(old)).isInstanceOf(LostOwnershipException.class);
    Restored restored = restore();
    assertThat(restored.position()).isEqualTo(claim.fence());
    assertThat(target()).hasBinaryContent(history.state());
  }

  @Test
  void takeOver_putsTheFenceBehindWhatItRestored_andReadsNothingTwice() throws IOException {
    History history = history();
    Head old = fill(history, 3, seeded(20));
    List<String> asked = Collections.synchronizedList(new ArrayList<>());
    Replica other =
        replica(
            new ForwardingStore(store) {
              @Override
              void before(String what, String key) {
                asked.add(what + " " + key);
              }
            });

    TakenOver taken = other.takeOver(old, "b", target(), RestoreProgress.NONE);

    assertThat(target()).hasBinaryContent(history.state());
    Restored restored = Objects.requireNonNull(taken.restored());
    assertThat(restored.position()).isEqualTo(taken.claim().fence());
    assertThat(restored.position().txid()).isEqualTo(4);
    assertThat(asked).doesNotHaveDuplicates().endsWith("put " + key(4));
    assertThat(restore().position()).isEqualTo(restored.position());
    assertThat(target()).hasBinaryContent(history.state());
  }

  @Test
  void takeOver_whileTheOldOwnerPuts_restoresWhatLandedBeforeTheFence() throws IOException {
    History history = history();
    Random random = seeded(21);
    Head old = fill(history, 5, random);
    Segment late = history.commit(random);
    // The new owner has restored what was there when the old one's put lands.
    Replica other = replica(landing(store, late, old));

    TakenOver taken = other.takeOver(old, "b", target(), RestoreProgress.NONE);

    assertThat(target()).hasBinaryContent(history.state());
    Restored restored = Objects.requireNonNull(taken.restored());
    assertThat(restored.position()).isEqualTo(taken.claim().fence());
    assertThat(restored.position().txid()).isEqualTo(7);
    assertThatThrownBy(() -> replica.checkOwned(old)).isInstanceOf(LostOwnershipException.class);
  }

  @Test
  void takeOver_thatALaterOwnerOvertakes_isLost_andPutsNoFence() throws IOException {
    History history = history();
    Head old = fill(history, 3, seeded(22));
    Replica other =
        replica(
            new ForwardingStore(store) {
              private boolean done;

              @Override
              void before(String what, String key) throws IOException {
                if (key.equals(key(1)) && !done) {
                  done = true;
                  replica.claim(replica.readHead().orElseThrow(), "c");
                }
              }
            });

    assertThatThrownBy(() -> other.takeOver(old, "b", target(), RestoreProgress.NONE))
        .isInstanceOf(LostOwnershipException.class);
    assertThat(keys()).contains(key(4)).doesNotContain(key(5));
  }

  @Test
  void takeOver_ofATenantThatHoldsNothing_movesToANewLineage() throws IOException {
    TakenOver taken =
        replica.takeOver(replica.create("a", LINEAGE), "b", target(), RestoreProgress.NONE);

    assertThat(taken.restored()).isNull();
    assertThat(taken.claim().fence()).isNull();
    assertThat(taken.claim().head().lineage()).isNotEqualTo(LINEAGE);
    assertThat(target()).doesNotExist();
  }

  @Test
  void claim_ofAnothersTenantThatHoldsNothing_movesToANewLineage() throws IOException {
    History history = history();
    Head old = replica.create("a", LINEAGE);
    Claim claim = replica.claim(old, "b");

    assertThat(claim.fence()).isNull();
    assertThat(claim.head().lineage()).isNotEqualTo(LINEAGE);
    replica.put(history.commit(seeded(6)), old);
    assertThatThrownBy(() -> replica.checkOwned(old)).isInstanceOf(LostOwnershipException.class);
    assertThat(replica.restore(claim.head(), target(), RestoreProgress.NONE)).isEmpty();
    assertThat(target()).doesNotExist();
  }

  @Test
  void claim_thatFailsBeforeItsFence_leavesItDueForTheNextClaim() throws IOException {
    History history = history();
    Random random = seeded(7);
    Head old = fill(history, 3, random);
    Replica failing =
        replica(
            new ForwardingStore(store) {
              @Override
              void before(String what, String key) throws IOException {
                if (what.equals("put") && key.equals(key(4))) {
                  throw new IOException("503");
                }
              }
            });
    assertThatThrownBy(() -> failing.claim(old, "b")).hasMessageContaining("503");

    Head half = replica.readHead().orElseThrow();
    assertThat(half.fenceDue()).isTrue();
    Claim claim = replica.claim(half, "b");

    assertThat(claim.fence().txid()).isEqualTo(4);
    Head later = replica.release(claim.head(), claim.fence());
    assertThat(later.fenceDue()).isFalse();
  }

  @Test
  void segmentsOfAnOldOwner_behindAFence_areIgnoredAndReported() throws IOException {
    History history = history();
    Random random = seeded(8);
    Head old = fill(history, 4, random);
    History zombie = history.fork(directory.resolve("zombie"));
    Segment fifth = zombie.commit(random);
    Segment sixth = zombie.commit(random);
    Claim claim = replica.claim(old, "b");
    replica.put(sixth, old); // it was under way when the fifth met the fence
    assertThatThrownBy(() -> replica.put(fifth, old)).isInstanceOf(LostOwnershipException.class);

    Restored restored = restore();

    assertThat(restored.position()).isEqualTo(claim.fence());
    assertThat(restored.ignored()).containsExactly(key(6));
    assertThat(target()).hasBinaryContent(history.state());
    Claim again = replica.claim(claim.head(), "c");
    assertThat(again.ignored()).containsExactly(key(6));
    assertThat(again.fence()).isEqualTo(claim.fence());
  }

  @Test
  void claimants_atOnce_oneWins() throws Exception {
    for (int round = 0; round < 20; round++) {
      String prefix = "race/" + round;
      Replica mine = new Replica(store, prefix, "acme", SETTINGS);
      Head seen = mine.create("a", LINEAGE);
      List<Claim> won = java.util.Collections.synchronizedList(new ArrayList<>());
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String node = "node" + i;
        Thread thread =
            new Thread(
                () -> {
                  try {
                    won.add(mine.claim(seen, node));
                  } catch (IOException expected) {
                    // the others
                  }
                });
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(won).hasSize(1);
      mine.checkOwned(won.get(0).head());
    }
  }

  // Puts.

  @Test
  void put_twice_isASuccess() throws IOException {
    History history = history();
    Head head = fill(history, 2, seeded(9));

    replica.put(history.segment(2), head);
    replica.put(history.segment(1), head);

    assertRestores(history);
  }

  @Test
  void put_ofAnotherSegmentAtTheSameTxid_isLostAndChangesNothing() throws IOException {
    History history = history();
    Random random = seeded(10);
    Head head = fill(history, 2, random);
    History other = history.fork(directory.resolve("other"));
    grow(history, head, 1, random);

    assertThatThrownBy(() -> replica.put(other.commit(random), head))
        .isInstanceOf(LostOwnershipException.class)
        .hasMessageContaining("another object");
    assertRestores(history);
  }

  @Test
  void put_carriesWhatLitestreamAndTheChainNeed() throws IOException {
    History history = history();
    fill(history, 1, seeded(11));

    var metadata = store.get(key(1)).orElseThrow().info().metadata();
    assertThat(metadata)
        .containsEntry("dosql-chain", history.position().chain())
        .containsEntry("litestream-timestamp", "2023-11-14T22:13:20.002Z")
        .containsKey("dosql-epoch");
  }

  @Test
  void everyAnswer_lostOnce_endsExact() throws IOException {
    HostileStore hostile = new HostileStore(store, 12);
    hostile.loseFirstAnswers = true;
    replica = replica(hostile);
    History history = history();
    Random random = seeded(12);
    Head head = fill(history, 10, random);
    head = replica.putSnapshot(head, history.position(), history.snapshot(10));
    grow(history, head, 5, random);
    Claim claim = replica.claim(head, "b");
    head = replica.checkOwned(claim.head());

    Restored restored = restore();

    assertThat(restored.position()).isEqualTo(claim.fence());
    assertThat(restored.snapshotTxid()).isEqualTo(10);
    assertThat(target()).hasBinaryContent(history.state());
    head = replica.release(head, claim.fence());
    assertThat(head.epoch()).isEqualTo(2);
    assertThat(keys()).hasSize(1 + 1 + 16);
    replica = replica(store);
    assertThat(restore().position()).isEqualTo(claim.fence());
  }

  // Snapshots.

  @Test
  void putSnapshot_listsTheNewestFew() throws IOException {
    History history = history();
    Random random = seeded(13);
    Head head = fill(history, 1, random);
    for (int txid = 2; txid <= 7; txid++) {
      grow(history, head, 1, random);
      head = replica.putSnapshot(head, history.position(), history.snapshot(txid));
    }

    assertThat(head.snapshots())
        .extracting(each -> each.position().txid())
        .containsExactly(7L, 6L, 5L);
    assertThat(head.last()).isEqualTo(history.position());
    assertThat(replica.readHead()).contains(head);
    assertThat(keys()).contains(snapshotKey(2));
    assertRestores(history);
  }

  @Test
  void putSnapshot_ofAPositionThatHasOne_verifiesAndListsIt() throws IOException {
    History history = history();
    Random random = seeded(14);
    Head head = fill(history, 3, random);
    Head listed = replica.putSnapshot(head, history.position(), history.snapshot(3));
    long length = store.get(snapshotKey(3)).orElseThrow().info().size();
    // Of the same state, at another time: as after a crash before the head was written.
    Restored state =
        new Restored(history.position(), 512, history.state().length / 512, 77, 0, 1, 0, List.of());
    SnapshotFile.write(
        Files.write(directory.resolve("image"), history.state()),
        state,
        directory.resolve("again.ltx"));

    Head again = replica.putSnapshot(listed, history.position(), directory.resolve("again.ltx"));

    assertThat(again.snapshots()).isEqualTo(listed.snapshots());
    assertThat(store.get(snapshotKey(3)).orElseThrow().info().size()).isEqualTo(length);
    byte[] bad = store.get(snapshotKey(3)).orElseThrow().bytes();
    bad[bad.length / 2] ^= 1;
    damage(snapshotKey(3), bad);
    assertThatThrownBy(
            () -> replica.putSnapshot(again, history.position(), directory.resolve("again.ltx")))
        .isInstanceOf(BadObjectException.class);
  }

  @Test
  void putSnapshot_ofAZombie_isNotListed() throws IOException {
    History history = history();
    Head old = fill(history, 3, seeded(15));
    replica.claim(old, "b");

    assertThatThrownBy(() -> replica.putSnapshot(old, history.position(), history.snapshot(3)))
        .isInstanceOf(LostOwnershipException.class);
    assertThat(replica.readHead().orElseThrow().snapshots()).isEmpty();
  }

  @Test
  void makeSnapshot_isOfTheNewestStateInTheBucket() throws IOException {
    History history = history();
    Random random = seeded(16);
    Head head = fill(history, 9, random);

    head = replica.makeSnapshot(head, directory, RestoreProgress.NONE);

    assertThat(head.snapshots()).hasSize(1);
    assertThat(head.snapshots().get(0).position()).isEqualTo(history.position());
    assertThat(replica.makeSnapshot(head, directory, RestoreProgress.NONE)).isEqualTo(head);
    for (int txid = 1; txid <= 9; txid++) {
      store.delete(key(txid)); // it stands on its own
    }
    assertRestores(history);
  }

  @Test
  void update_besideAnotherOfOurOwn_keepsBoth() throws IOException {
    History history = history();
    Head head = fill(history, 4, seeded(17));
    replica.putSnapshot(head, history.at(2), history.snapshot(2));

    Head later = replica.putSnapshot(head, history.at(4), history.snapshot(4));

    assertThat(later.snapshots())
        .extracting(each -> each.position().txid())
        .containsExactly(4L, 2L);
  }

  // Lineages.

  @Test
  void beginLineage_keepsTheOldOneAsParentAndRestorable() throws IOException {
    History history = history();
    Random random = seeded(18);
    Head head = fill(history, 5, random);
    History next = new History(directory.resolve("next"), "ffeeddccbbaa9988", 512);
    head = replica.putSnapshot(head, history.at(4), history.snapshot(4));
    Segment first = next.commit(random);
    replica.put(first, next.position().lineage(), head);

    head = replica.beginLineage(head, next.position(), history.at(4));

    assertThat(head.parents()).containsExactly(history.at(4));
    assertRestores(next);
    Restored old = replica.restoreTo(head, target(), history.at(4), RestoreProgress.NONE);
    assertThat(old.position()).isEqualTo(history.at(4));
    assertThat(old.snapshotTxid()).isEqualTo(4);
    assertThat(target()).hasBinaryContent(history.state(4));
  }
}
