package dev.dosql.storage.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.capture.Position;
import dev.dosql.storage.replica.Comparison.State;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ComparisonTest extends ReplicaFixture {

  private Comparison compare(History history, long shipped) throws IOException {
    return replica.compare(history.position(), shipped, history.after(shipped));
  }

  @Test
  void emptyBucket_hasNoHead() throws IOException {
    History history = history();
    history.commit(seeded(1));

    Comparison comparison = compare(history, 0);

    assertThat(comparison.state()).isEqualTo(State.NO_HEAD);
    assertThat(comparison.head()).isNull();
  }

  @Test
  void lineage_withoutSegments_isEqual() throws IOException {
    Head head = replica.create("a", LINEAGE);

    Comparison comparison = replica.compare(Position.start(LINEAGE), 0, List.of());

    assertThat(comparison.state()).isEqualTo(State.EQUAL);
    assertThat(comparison.head()).isEqualTo(head);
  }

  @Test
  void tombstone_isDeleted() throws IOException {
    History history = history();
    replica.tombstone(fill(history, 2, seeded(2)));

    assertThat(compare(history, 2).state()).isEqualTo(State.DELETED);
  }

  @Test
  void allShipped_isEqual() throws IOException {
    History history = history();
    fill(history, 20, seeded(3));

    Comparison comparison = compare(history, 20);

    assertThat(comparison.state()).isEqualTo(State.EQUAL);
    assertThat(comparison.bucket()).isEqualTo(history.position());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 7, 19, 20})
  void segments_uploadedWithoutConfirmation_areEqual(long shipped) throws IOException {
    History history = history();
    fill(history, 20, seeded(4));

    assertThat(compare(history, shipped).state()).isEqualTo(State.EQUAL);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 7, 10})
  void bucket_thatEndsBefore_isAhead(long shipped) throws IOException {
    History history = history();
    Random random = seeded(5);
    fill(history, 10, random);
    for (int i = 0; i < 10; i++) {
      history.commit(random);
    }

    Comparison comparison = compare(history, shipped);

    assertThat(comparison.state()).isEqualTo(State.AHEAD);
    assertThat(comparison.bucket()).isEqualTo(history.at(10));
  }

  @Test
  void bucket_thatGoesOn_isBehind_withAndWithoutPending() throws IOException {
    History history = history();
    Random random = seeded(6);
    Head head = fill(history, 10, random);
    History local = history.fork(directory.resolve("local"));
    grow(history, head, 10, random);

    assertThat(compare(local, 10).state()).isEqualTo(State.BEHIND);
    assertThat(compare(local, 4).state()).isEqualTo(State.BEHIND);
  }

  @Test
  void fence_afterTheLocalEnd_isBehind() throws IOException {
    History history = history();
    Head head = fill(history, 3, seeded(7));
    replica.claim(head, "b");

    Comparison comparison = compare(history, 3);

    assertThat(comparison.state()).isEqualTo(State.BEHIND);
    assertThat(comparison.head().node()).isEqualTo("b");
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 5})
  void pending_whereAFenceLies_isDiverged(long shipped) throws IOException {
    History history = history();
    Random random = seeded(8);
    Head head = fill(history, 5, random);
    replica.claim(head, "b");
    history.commit(random);
    history.commit(random);

    Comparison comparison = compare(history, shipped);

    assertThat(comparison.state()).isEqualTo(State.DIVERGED);
    assertThat(comparison.why()).contains("its txid=6 is another segment, of epoch=2");
  }

  @Test
  void sameTxids_ofAnotherHistory_areDiverged() throws IOException {
    History history = history();
    Random random = seeded(9);
    Head head = fill(history, 5, random);
    History local = history.fork(directory.resolve("local"));
    grow(history, head, 3, random);
    for (int i = 0; i < 3; i++) {
      local.commit(random);
    }

    assertThat(compare(local, 5).state()).isEqualTo(State.DIVERGED);
    assertThat(compare(local, 8).state()).isEqualTo(State.DIVERGED);
    local.commit(random);
    assertThat(compare(local, 8).state()).isEqualTo(State.DIVERGED);
  }

  @Test
  void unrelatedLineage_isDiverged() throws IOException {
    fill(history(), 3, seeded(10));
    History other = new History(directory.resolve("other"), "ffeeddccbbaa9988", 512);
    other.commit(seeded(11));

    assertThat(compare(other, 1).state()).isEqualTo(State.DIVERGED);
    assertThat(compare(other, 0).state()).isEqualTo(State.DIVERGED);
  }

  @Test
  void descendantLineage_hasAllThatIsHere_orIsDiverged() throws IOException {
    History old = history();
    Random random = seeded(12);
    Head head = fill(old, 5, random);
    History next = new History(directory.resolve("next"), "ffeeddccbbaa9988", 512);
    replica.put(next.commit(random), next.position().lineage(), head);
    replica.beginLineage(head, next.position(), old.at(4));

    // In the parent, before it, after it in the old lineage; then beyond what was uploaded.
    assertThat(replica.compare(old.at(4), 4, List.of()).state()).isEqualTo(State.BEHIND);
    assertThat(replica.compare(old.at(2), 2, List.of()).state()).isEqualTo(State.BEHIND);
    assertThat(replica.compare(old.at(5), 5, List.of()).state()).isEqualTo(State.BEHIND);
    assertThat(replica.compare(old.at(5), 3, old.after(3)).state()).isEqualTo(State.BEHIND);
    Comparison behind = replica.compare(old.at(4), 4, List.of());
    assertThat(behind.bucket()).isEqualTo(next.position());
    old.commit(random);
    assertThat(compare(old, 5).state()).isEqualTo(State.DIVERGED);
  }

  private static final String NEXT = "fedcba9876543210";

  /** What is found of a history that was begun here and is not there, of node "a". */
  private Comparison compareBegun(List<Position> origins) throws IOException {
    return replica.compare(Position.start(NEXT), 0, List.of(), origins, "a");
  }

  @Test
  void lineage_thatWasBegunHere_isAhead_unlessTheBucketWentOn() throws IOException {
    History history = history();
    Random random = seeded(18);
    Head head = fill(history, 5, random);
    List<Position> origins = List.of(history.at(4), history.at(5));

    assertThat(compareBegun(List.of()).state()).isEqualTo(State.DIVERGED);
    assertThat(compareBegun(List.of(history.at(4))).state()).isEqualTo(State.DIVERGED);
    assertThat(compareBegun(origins).state()).isEqualTo(State.AHEAD);
    assertThat(compareBegun(origins).bucket()).isEqualTo(history.at(5));
    grow(history, head, 1, random);
    assertThat(compareBegun(origins).state()).isEqualTo(State.DIVERGED);
  }

  @Test
  void lineage_thatWasBegunHere_isAhead_ofOurFencesAndOfNobodyElses() throws IOException {
    History history = history();
    Head head = fill(history, 3, seeded(19));
    List<Position> origins = List.of(history.at(3));

    Head others = replica.claim(head, "b").head();
    assertThat(compareBegun(origins).state()).isEqualTo(State.DIVERGED);
    Head ours = replica.claim(others, "a").head();
    assertThat(compareBegun(origins).state()).isEqualTo(State.AHEAD);
    replica.claim(ours, "a");
    assertThat(compareBegun(origins).state()).isEqualTo(State.AHEAD);
  }

  @Test
  void lineage_thatWasBegunHere_beforeAnythingWasThere_isAhead() throws IOException {
    replica.create("a", LINEAGE);

    assertThat(compareBegun(List.of(Position.start(LINEAGE))).state()).isEqualTo(State.AHEAD);
  }

  @Test
  void confirmedSegment_thatIsMissing_isABadObject() throws IOException {
    History history = history();
    fill(history, 5, seeded(13));
    store.delete(key(5));

    assertThatThrownBy(() -> compare(history, 5))
        .isInstanceOfSatisfying(
            BadObjectException.class, e -> assertThat(e.object()).isEqualTo(key(5)));
  }

  @Test
  void segment_thatTheHeadKnows_isMissed() throws IOException {
    History history = history();
    Random random = seeded(14);
    Head head = fill(history, 5, random);
    replica.release(head, history.position());
    store.delete(key(5));

    assertThatThrownBy(() -> compare(history, 3))
        .isInstanceOfSatisfying(
            BadObjectException.class, e -> assertThat(e.object()).isEqualTo(key(5)));
  }

  @Test
  void damagedMetadata_isABadObject_notADivergence() throws IOException {
    History history = history();
    fill(history, 5, seeded(15));
    var object = store.get(key(5)).orElseThrow();
    var metadata = new java.util.HashMap<>(object.info().metadata());
    metadata.put("dosql-chain", "0" + metadata.get("dosql-chain").substring(1));
    metadata.put(
        "dosql-chain",
        metadata.get("dosql-chain").equals(history.position().chain())
            ? "1" + history.position().chain().substring(1)
            : metadata.get("dosql-chain"));
    damage(key(5), object.bytes(), metadata);

    assertThatThrownBy(() -> compare(history, 5)).isInstanceOf(BadObjectException.class);
  }

  @Test
  void pending_thatDoesNotLeadThere_isRefused() throws IOException {
    History history = history();
    fill(history, 5, seeded(16));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> replica.compare(history.position(), 3, history.after(4)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> replica.compare(history.position(), 4, List.of()));
  }

  @Test
  void equal_takesOneRoundTrip() throws IOException {
    History history = history();
    fill(history, 5, seeded(17));
    HostileStore counting = new HostileStore(store, 17);
    counting.delay = java.time.Duration.ofMillis(40);
    Replica other = new Replica(counting, PREFIX, "acme");

    other.compare(history.position(), 5, List.of());

    assertThat(counting.gets.get()).isEqualTo(1 + 1 + SegmentScan.ABSENT_MIN);
    assertThat(counting.lists.get()).isZero();
    assertThat(counting.roundTrips()).isEqualTo(1);
  }
}
