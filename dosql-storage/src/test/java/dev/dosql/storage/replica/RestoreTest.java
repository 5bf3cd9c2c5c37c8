package dev.dosql.storage.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.PutOptions;
import dev.dosql.storage.StoredObject;
import dev.dosql.storage.capture.Position;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RestoreTest extends ReplicaFixture {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 5, 6, 17, 100})
  void segments_alone_areRestored(int count) throws IOException {
    History history = history();
    fill(history, count, seeded(count));

    assertRestores(history);
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 1024, 4096, 32768, 65536})
  void everyPageSize_isRestored(int pageSize) throws IOException {
    Random random = seeded(pageSize);
    History history = new History(directory.resolve("segments"), LINEAGE, pageSize);
    Head head = fill(history, 12, random);
    replica.putSnapshot(head, history.at(7), history.snapshot(7));

    assertRestores(history);
  }

  @Test
  void snapshotAndSegments_areRestored() throws IOException {
    History history = history();
    Random random = seeded(1);
    Head head = fill(history, 20, random);
    replica.putSnapshot(head, history.at(12), history.snapshot(12));

    Restored restored = restore();

    assertThat(restored.snapshotTxid()).isEqualTo(12);
    assertThat(restored.segments()).isEqualTo(8);
    assertThat(restored.pages()).isEqualTo(history.state().length / 512);
    assertThat(restored.timestampMillis()).isEqualTo(history.segment(20).timestampMillis());
    assertThat(target()).hasBinaryContent(history.state());
  }

  @Test
  void everyPosition_isRestoredExactly() throws IOException {
    History history = history();
    Random random = seeded(2);
    Head head = fill(history, 30, random);
    head = replica.putSnapshot(head, history.at(10), history.snapshot(10));
    head = replica.putSnapshot(head, history.at(20), history.snapshot(20));
    for (int txid = 1; txid <= 30; txid++) {
      Restored restored = replica.restoreTo(head, target(), history.at(txid), RestoreProgress.NONE);

      assertThat(restored.position()).isEqualTo(history.at(txid));
      assertThat(restored.snapshotTxid()).isEqualTo(Math.min(20, txid / 10 * 10));
      assertThat(target()).hasBinaryContent(history.state(txid));
    }
  }

  @Test
  void position_ofAnotherHistory_isRefused() throws IOException {
    History history = history();
    Head head = fill(history, 5, seeded(3));
    Position foreign = new Position(LINEAGE, 3, "0000000000000000");
    Position later = history.position().next(1);

    for (Position at : List.of(foreign, later)) {
      assertThatThrownBy(() -> replica.restoreTo(head, target(), at, RestoreProgress.NONE))
          .isInstanceOf(BadObjectException.class);
      assertThat(target()).doesNotExist();
    }
    assertNothingElse();
  }

  @Test
  void nothingPut_isNothingRestored() throws IOException {
    Head head = replica.create("a", LINEAGE);

    assertThat(replica.restore(head, target(), RestoreProgress.NONE)).isEmpty();
    assertThat(target()).doesNotExist();
    assertNothingElse();
  }

  @Test
  void largeObjects_areReadInParts() throws IOException {
    Random random = seeded(4);
    History history = new History(directory.resolve("segments"), LINEAGE, 4096);
    byte[] large = new byte[4096 * 700];
    random.nextBytes(large);
    large[16] = 16;
    large[17] = 0;
    Head head = replica.create("a", LINEAGE);
    replica.put(history.commit(large, true), head);
    head = replica.putSnapshot(head, history.position(), history.snapshot(1));
    byte[] next = Arrays.copyOf(large, large.length + 4096 * 100);
    random.nextBytes(next);
    next[16] = 16;
    next[17] = 0;
    replica.put(history.commit(next, false), head);
    HostileStore counting = new HostileStore(store, 4);
    counting.delay = Duration.ofMillis(1);

    restore(replica(counting));

    assertThat(target()).hasBinaryContent(next);
    assertThat(counting.gets.get()).isGreaterThan(1000);
    assertThat(counting.runningMax.get()).isBetween(2, SETTINGS.parallel());
    assertThat(counting.lists.get()).isZero();
  }

  @Test
  void target_thatIsThere_isReplaced() throws IOException {
    History history = history();
    fill(history, 3, seeded(5));
    Files.write(target(), new byte[1 << 20]);
    Files.write(directory.resolve("restored.db.tmp"), new byte[1 << 20]);

    restore();

    assertThat(target()).hasBinaryContent(history.state());
    assertNothingElse();
  }

  // Roll forward.

  @Test
  void rollForward_fromEveryPosition_isExact() throws IOException {
    History history = history();
    Random random = seeded(6);
    Head head = fill(history, 25, random);
    head = replica.putSnapshot(head, history.at(20), history.snapshot(20));
    for (int txid = 1; txid <= 25; txid++) {
      Files.write(target(), history.state(txid));
      Restored rolled = replica.rollForward(head, target(), history.at(txid), RestoreProgress.NONE);
      assertThat(rolled.position()).isEqualTo(history.position());
      assertThat(rolled.segments()).isEqualTo(25 - txid);
      assertThat(rolled.pages()).isEqualTo(history.state().length / 512);
      assertThat(target()).hasBinaryContent(history.state());
    }
    assertNothingElse();
  }

  @Test
  void rollForward_overABadSegment_takesALaterSnapshot() throws IOException {
    History history = history();
    Random random = seeded(7);
    Head head = fill(history, 25, random);
    head = replica.putSnapshot(head, history.at(20), history.snapshot(20));
    store.delete(key(12));
    Files.write(target(), history.state(5));

    Restored rolled = replica.rollForward(head, target(), history.at(5), RestoreProgress.NONE);

    assertThat(rolled.snapshotTxid()).isEqualTo(20);
    assertThat(target()).hasBinaryContent(history.state());
  }

  @Test
  void rollForward_thatFails_leavesTheFileAsItWas() throws IOException {
    History history = history();
    Head head = fill(history, 25, seeded(8));
    store.delete(key(12));
    Files.write(target(), history.state(5));

    assertThatThrownBy(
            () -> replica.rollForward(head, target(), history.at(5), RestoreProgress.NONE))
        .isInstanceOf(BadObjectException.class)
        .hasMessageContaining(key(12));
    assertThat(target()).hasBinaryContent(history.state(5));
    assertNothingElse();
  }

  @Test
  void rollForward_intoADescendantLineage_restoresTheWhole() throws IOException {
    History old = history();
    Random random = seeded(9);
    Head head = fill(old, 5, random);
    History next = new History(directory.resolve("next"), "ffeeddccbbaa9988", 512);
    replica.put(next.commit(random), next.position().lineage(), head);
    head = replica.beginLineage(head, next.position(), old.at(4));
    Files.write(target(), old.state(4));

    Restored rolled = replica.rollForward(head, target(), old.at(4), RestoreProgress.NONE);

    assertThat(rolled.position()).isEqualTo(next.position());
    assertThat(target()).hasBinaryContent(next.state());
  }

  // Damage.

  /** Without threads of its own: thousands of restores are quicker so. */
  private Replica inTurn() {
    return new Replica(store, PREFIX, "acme", SETTINGS.withReads(Runnable::run));
  }

  /** Damages, and demands what every restore promises; returns whether it was exact. */
  private boolean isExactOrFails(History history) throws IOException {
    Replica replica = inTurn();
    Files.deleteIfExists(target());
    try {
      Restored restored = restore(replica);
      assertThat(restored.position()).isEqualTo(history.position());
      assertThat(target()).hasBinaryContent(history.state());
      assertThat(restored.ignored()).isEmpty();
      return true;
    } catch (BadObjectException e) {
      assertThat(e.object()).startsWith(PREFIX);
      assertThat(e.lost()).isNotEmpty();
      assertThat(target()).doesNotExist();
      return false;
    } finally {
      assertNothingElse();
    }
  }

  /** A chain with a snapshot in the middle, and a fence, small enough to flip every bit of it. */
  private History smallChain(Random random) throws IOException {
    History history = history();
    Head head = replica.create("a", LINEAGE);
    byte[] database = new byte[3 * 512];
    database[16] = 2;
    for (int i = 0; i < 5; i++) {
      database = database.clone();
      database[20 + random.nextInt(400)] ^= 1;
      database[512 * (1 + random.nextInt(2)) + random.nextInt(512)] ^= 1;
      replica.put(history.commit(database, false), head);
    }
    head = replica.putSnapshot(head, history.at(1), history.snapshot(1));
    replica.putSnapshot(head, history.at(3), history.snapshot(3));
    return history;
  }

  /** Before the newest snapshot of the small chain. */
  private static final List<String> UNREAD = List.of(key(1), key(2), key(3), snapshotKey(1));

  /** Every bit of headers, index and trailer; of what lies between, and of heads, one in a byte. */
  private static int step(StoredObject object, int bit, Random random) {
    int at = bit / 8;
    if (UNREAD.contains(object.info().key())) {
      return 1 + random.nextInt(1000);
    }
    boolean each =
        object.info().key().endsWith(".ltx") && (at < 112 || at > object.bytes().length - 48);
    return each ? 1 : 8 - bit % 8 + random.nextInt(8);
  }

  @Test
  void everyBit_ofARealChain_flipped_isExactOrFails() throws IOException {
    Random random = seeded(10);
    History history = smallChain(random);
    int exact = 0;
    int failed = 0;
    for (String key : keys()) {
      StoredObject object = store.get(key).orElseThrow();
      for (int bit = 0; bit < object.bytes().length * 8; bit += step(object, bit, random)) {
        byte[] damaged = object.bytes().clone();
        damaged[bit / 8] ^= (byte) (1 << bit % 8);
        damage(key, damaged);
        boolean isExact = isExactOrFails(history);
        exact += isExact ? 1 : 0;
        failed += isExact ? 0 : 1;
      }
      putBack(object);
    }
    // What is not needed or is replaced by others, and other ways to pack the same page.
    System.out.println("flipped bits: exact=" + exact + " failed=" + failed);
    assertThat(failed).isGreaterThan(exact);
    assertThat(isExactOrFails(history)).isTrue();
  }

  @Test
  void everyBit_ofMetadata_flipped_isExactOrFails() throws IOException {
    History history = smallChain(seeded(11));
    for (String key : read()) {
      StoredObject object = store.get(key).orElseThrow();
      for (Map.Entry<String, String> pair : object.info().metadata().entrySet()) {
        for (int bit = 0; bit < pair.getValue().length() * 8; bit++) {
          char[] value = pair.getValue().toCharArray();
          value[bit / 8] ^= (char) (1 << bit % 8);
          Map<String, String> damaged = new HashMap<>(object.info().metadata());
          damaged.put(pair.getKey(), new String(value));
          if (isMetadata(damaged)) {
            damage(key, object.bytes(), damaged);
            isExactOrFails(history);
          }
        }
        Map<String, String> without = new HashMap<>(object.info().metadata());
        without.remove(pair.getKey());
        damage(key, object.bytes(), without);
        isExactOrFails(history);
      }
      putBack(object);
    }
    assertThat(isExactOrFails(history)).isTrue();
  }

  private List<String> read() throws IOException {
    return keys().stream().filter(key -> !UNREAD.contains(key)).toList();
  }

  private static boolean isMetadata(Map<String, String> metadata) {
    try {
      new PutOptions(false, null, metadata);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  @Test
  void everyTruncation_isExactOrFails() throws IOException {
    History history = smallChain(seeded(12));
    for (String key : read()) {
      StoredObject object = store.get(key).orElseThrow();
      for (int length = 0; length < object.bytes().length; length++) {
        damage(key, Arrays.copyOf(object.bytes(), length));
        isExactOrFails(history);
      }
      damage(key, Arrays.copyOf(object.bytes(), object.bytes().length + 1));
      isExactOrFails(history);
      putBack(object);
    }
    assertThat(isExactOrFails(history)).isTrue();
  }

  @Test
  void randomDeletions_areExactOrFail() throws IOException {
    Random random = seeded(13);
    History history = history();
    Head head = fill(history, 30, random);
    head = replica.putSnapshot(head, history.at(8), history.snapshot(8));
    head = replica.putSnapshot(head, history.at(16), history.snapshot(16));
    replica.release(head, history.position());
    int exact = 0;
    for (int round = 0; round < 300; round++) {
      List<StoredObject> deleted = new ArrayList<>();
      List<String> keys = keys();
      for (int i = random.nextInt(4); i >= 0; i--) {
        String key = keys.get(random.nextInt(keys.size()));
        store.get(key).ifPresent(deleted::add);
        store.delete(key);
      }
      if (store.get(headKey()).isPresent()) {
        exact += isExactOrFails(history) ? 1 : 0;
      } else {
        assertThat(replica.readHead()).isEmpty();
      }
      for (StoredObject object : deleted) {
        putBack(object);
      }
    }
    System.out.println("deletions: exact=" + exact + " of 300");
    assertThat(exact).isBetween(1, 299);
  }

  @Test
  void hole_isNamedWithWhatIsLost() throws IOException {
    History history = history();
    fill(history, 9, seeded(14));
    store.delete(key(6));

    assertThatThrownBy(this::restore)
        .isInstanceOfSatisfying(
            BadObjectException.class,
            e -> {
              assertThat(e.object()).isEqualTo(key(6));
              assertThat(e.seen()).isEqualTo("it is missing");
              assertThat(e.needed()).isEqualTo("it, because txid=7 is there");
              assertThat(e.lost()).contains("from txid=6 on");
            });
  }

  @Test
  void end_beforeTheHeadsLast_isNamed() throws IOException {
    History history = history();
    Head head = fill(history, 9, seeded(15));
    replica.release(head, history.position());
    store.delete(key(8));
    store.delete(key(9));

    assertThatThrownBy(this::restore)
        .isInstanceOf(BadObjectException.class)
        .hasMessageContainingAll(key(8), "the head knows of txid=9");
  }

  @Test
  void snapshot_missingOrBad_isReplacedByOlderOnes() throws IOException {
    History history = history();
    Head head = fill(history, 20, seeded(16));
    head = replica.putSnapshot(head, history.at(5), history.snapshot(5));
    replica.putSnapshot(head, history.at(15), history.snapshot(15));

    store.delete(snapshotKey(15));
    assertThat(restore().snapshotTxid()).isEqualTo(5);
    assertThat(target()).hasBinaryContent(history.state());
    StoredObject older = store.get(snapshotKey(5)).orElseThrow();
    older.bytes()[200] ^= 1;
    damage(snapshotKey(5), older.bytes());
    assertThat(restore().snapshotTxid()).isZero();
    assertThat(target()).hasBinaryContent(history.state());
    store.delete(key(3));
    assertThatThrownBy(this::restore)
        .isInstanceOfSatisfying(
            BadObjectException.class,
            e -> {
              assertThat(e.object()).isEqualTo(snapshotKey(15));
              assertThat(e.getSuppressed()).hasSize(2);
            });
  }

  @Test
  void object_thatOverlaps_isNotChosen() throws IOException {
    History history = history();
    Random random = seeded(17);
    fill(history, 7, random);
    String beside = key(5).replace("5.ltx", "7.ltx");
    damage(beside, store.get(key(5)).orElseThrow().bytes(), Map.of());

    assertRestores(history);
  }

  @Test
  void object_underTheWrongName_isRefused() throws IOException {
    History history = history();
    Random random = seeded(18);
    fill(history, 7, random);
    StoredObject fifth = store.get(key(5)).orElseThrow();
    damage(key(6), fifth.bytes(), fifth.info().metadata());

    assertThatThrownBy(this::restore)
        .isInstanceOf(BadObjectException.class)
        .hasMessageContainingAll(key(6), "txids 5 to 5");
  }

  @Test
  void object_ofAnotherHistory_isRefused() throws IOException {
    History history = history();
    Random random = seeded(19);
    Head head = fill(history, 5, random);
    History other = history.fork(directory.resolve("other"));
    grow(history, head, 3, random);
    Replica beside = new Replica(store, "root/other", "acme", SETTINGS);
    Head otherHead = beside.create("a", LINEAGE);
    other.commit(random);
    beside.put(other.commit(random), otherHead);
    StoredObject foreign =
        store.get("root/other" + key(7).substring(PREFIX.length())).orElseThrow();
    damage(key(7), foreign.bytes(), foreign.info().metadata());

    assertThatThrownBy(this::restore)
        .isInstanceOf(BadObjectException.class)
        .hasMessageContainingAll(key(7), "does not continue");
  }

  @Test
  void head_ofAnotherTenant_isRefused() throws IOException {
    fill(history(), 1, seeded(20));

    assertThatThrownBy(() -> new Replica(store, PREFIX, "other", SETTINGS).readHead())
        .isInstanceOf(BadObjectException.class)
        .hasMessageContaining("another tenant");
  }

  // A hostile store.

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void hostileStore_isExactOrFails(long seed) throws IOException {
    Random random = seeded(seed);
    History history = history();
    HostileStore hostile = new HostileStore(store, seed);
    hostile.failBefore = random.nextInt(20);
    hostile.failAfter = random.nextInt(20);
    hostile.truncate = random.nextInt(20);
    replica = new Replica(hostile, PREFIX, "acme", PATIENT);
    Head head = fill(history, 10, random);
    head = replica.putSnapshot(head, history.at(6), history.snapshot(6));
    grow(history, head, 10, random);
    assertRestores(history);

    hostile.flip = 5;
    int exact = 0;
    for (int round = 0; round < 40; round++) {
      Files.deleteIfExists(target());
      try {
        Restored restored = replica.restore(head, target(), RestoreProgress.NONE).orElseThrow();
        assertThat(restored.position()).isEqualTo(history.position());
        assertThat(target()).hasBinaryContent(history.state());
        exact++;
      } catch (BadObjectException e) {
        assertThat(target()).doesNotExist();
      }
      assertNothingElse();
    }
    System.out.println("hostile: exact=" + exact + " of 40");
  }

  @Test
  void store_thatStaysDown_failsAfterAllAttempts_withNothingLeft() throws IOException {
    History history = history();
    fill(history, 3, seeded(21));
    Head head = replica.readHead().orElseThrow();
    HostileStore hostile = new HostileStore(store, 21);
    hostile.failBefore = 100;

    assertThatThrownBy(() -> replica(hostile).restore(head, target(), RestoreProgress.NONE))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(BadObjectException.class);
    assertThat(hostile.gets.get())
        .isLessThanOrEqualTo(SegmentScan.LOOK_AHEAD * SETTINGS.attemptsMax());
    assertThat(target()).doesNotExist();
    assertNothingElse();
  }

  @Test
  void segments_putWhileOthersAreRead_areNoHole() throws Exception {
    Random random = seeded(22);
    History history = history();
    Head head = fill(history, 1, random);
    List<dev.dosql.storage.capture.Segment> later = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      later.add(history.commit(random));
    }
    Thread owner =
        new Thread(
            () -> {
              try {
                putAll(later, head);
              } catch (IOException e) {
                e.printStackTrace();
              }
            });
    owner.start();
    while (owner.isAlive()) {
      Restored restored = restore();
      assertThat(target()).hasBinaryContent(history.state(restored.position().txid()));
      assertThat(restored.position()).isEqualTo(history.at(restored.position().txid()));
    }
    owner.join();
    assertRestores(history);
  }

  // Progress, interrupts, round trips.

  @Test
  void progress_isToldInOrderAndEndsWithAll() throws IOException {
    History history = history();
    Random random = seeded(23);
    Head head = fill(history, 20, random);
    head = replica.putSnapshot(head, history.at(12), history.snapshot(12));
    List<Progress> heard = new ArrayList<>();

    Restored restored = replica.restore(head, target(), heard::add).orElseThrow();

    Progress last = heard.get(heard.size() - 1);
    assertThat(last)
        .isEqualTo(new Progress(Progress.Phase.PLACE, 8, restored.bytes(), restored.bytes()));
    assertThat(heard)
        .extracting(Progress::phase)
        .contains(Progress.Phase.SNAPSHOT, Progress.Phase.SEGMENTS);
    assertThat(heard).extracting(Progress::phase).isSorted();
    assertThat(heard).extracting(Progress::bytesDone).isSorted();
    assertThat(heard).allMatch(each -> each.bytesDone() <= each.bytesKnown());
  }

  @Test
  void progress_thatThrows_endsTheRestore() throws IOException {
    History history = history();
    Head head = fill(history, 3, seeded(24));

    assertThatThrownBy(
            () ->
                replica.restore(
                    head,
                    target(),
                    progress -> {
                      throw new IllegalStateException("enough");
                    }))
        .hasMessage("enough");
    assertThat(target()).doesNotExist();
    assertNothingElse();
  }

  @Test
  void interrupt_endsTheRestore_withNothingLeft() throws IOException {
    History history = history();
    Head head = fill(history, 3, seeded(25));
    HostileStore slow = new HostileStore(store, 25);
    slow.delay = Duration.ofMillis(50);

    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> replica(slow).restore(head, target(), RestoreProgress.NONE))
          .isInstanceOf(InterruptedIOException.class);
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      Thread.interrupted();
    }
    assertThat(target()).doesNotExist();
    assertNothingElse();
  }

  @Test
  void hydrate_takesTwoRoundTrips() throws IOException {
    Random random = seeded(26);
    History history = new History(directory.resolve("segments"), LINEAGE, 4096);
    byte[] database = new byte[25 * 4096];
    random.nextBytes(database);
    database[16] = 16;
    database[17] = 0;
    Head head = replica.create("a", LINEAGE);
    replica.put(history.commit(database, true), head);
    head = replica.putSnapshot(head, history.position(), history.snapshot(1));
    for (int i = 0; i < 2; i++) {
      database = database.clone();
      random.nextBytes(database);
      database[16] = 16;
      database[17] = 0;
      replica.put(history.commit(database, false), head);
    }
    HostileStore counting = new HostileStore(store, 26);
    Replica other = new Replica(counting, PREFIX, "acme");
    restore(other);
    int gets = counting.gets.get();
    counting.reset();
    counting.delay = Duration.ofMillis(200);

    long start = System.nanoTime();
    restore(other);
    long millis = (System.nanoTime() - start) / 1_000_000;

    assertThat(target()).hasBinaryContent(database);
    System.out.println("hydrate: gets=" + gets + " millis=" + millis + ", of which 400 waiting");
    assertThat(gets).isEqualTo(1 + 1 + SegmentScan.LOOK_AHEAD);
    assertThat(counting.roundTrips()).isEqualTo(2);
  }
}
