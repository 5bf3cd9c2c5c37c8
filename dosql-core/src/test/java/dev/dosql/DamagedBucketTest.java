package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.storage.MemoryObjectStore;
import dev.dosql.storage.ObjectInfo;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.PutOptions;
import dev.dosql.storage.StoredObject;
import dev.dosql.storage.ltx.LtxFormatException;
import dev.dosql.storage.ltx.LtxReader;
import dev.dosql.testing.Dump;
import dev.dosql.testing.Waits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A bucket in which something is damaged, gone, or another's: what is restored from it is exact, or
 * nothing is restored and the error names the object. {@code -Ddosql.seed=…} repeats a run.
 */
@Timeout(600)
class DamagedBucketTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  /** Of a segment: header and trailer to the byte, and so many bytes of what is between. */
  private static final int HEADER_BYTES = 100;

  private static final int TRAILER_BYTES = 16;
  private static final int BETWEEN = 24;

  /** One restore in so many is an opening on an empty disk, which takes longer. */
  private static final int OPENINGS = 16;

  @TempDir Path parent;

  private final MemoryObjectStore bucket = MemoryObjectStore.create();
  private final long seed = Long.getLong("dosql.seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private List<String> expected;
  private byte[] expectedBytes;
  private Bookmark newest;
  private List<String> keys;
  private int files;
  private int found;
  private int exact;

  private DBOptions options(String directory, ObjectStore store) {
    return DBOptions.builder().directory(parent.resolve(directory)).cold(store).build();
  }

  /** Segments, a snapshot, and more segments; and another tenant of the same shape. */
  @BeforeEach
  void fillBucket() throws Exception {
    System.out.println("DamagedBucketTest: -Ddosql.seed=" + seed);
    try (DoSQL tenants = DoSQL.open(options("one", bucket))) {
      for (String name : List.of("globex", "acme")) {
        DB db = tenants.db(name);
        db.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
        commit(db, "first");
        Waits.until(
            "snapshot",
            () -> {
              commit(db, "x".repeat(300));
              return keys(name + "/").stream().anyMatch(key -> key.contains("/0009/"));
            });
        commit(db, "after");
        commit(db, "last");
      }
      newest = tenants.db("acme").bookmark();
    }
    for (int i = 0; hasSnapshotOf(newest); i++) {
      assertThat(i).as("snapshots behind the last commit").isLessThan(10);
      try (DoSQL tenants = DoSQL.open(options("one", bucket))) {
        commit(tenants.db("acme"), "behind the snapshot");
        newest = tenants.db("acme").bookmark();
      }
    }
    keys = keys("acme/");
    Path file = restore(bucket);
    expectedBytes = Files.readAllBytes(file);
    expected = Dump.of(file);
    assertThat(expected).hasSizeGreaterThan(4);
    assertThat(keys).hasSizeGreaterThan(5);
  }

  /** Whether a snapshot has all, which may be made at any time: no segment is needed then. */
  private boolean hasSnapshotOf(Bookmark position) {
    String end = "-%016x.ltx".formatted(position.txid());
    return keys("acme/").stream().anyMatch(key -> key.contains("/0009/") && key.endsWith(end));
  }

  private static void commit(DB db, String text) {
    db.run("INSERT INTO t(v) VALUES(?)", text);
    db.run("UPDATE t SET v = v || hex(randomblob(4000)) WHERE id = 1");
    db.run("UPDATE t SET v = 'first' WHERE id = 1");
    db.awaitDurable(db.bookmark(), SOON);
  }

  private List<String> keys(String prefix) {
    try {
      return bucket.list(prefix, "", 1_000).stream().map(each -> each.key()).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Path restore(ObjectStore store) throws IOException {
    Path file = parent.resolve("restored-" + files++);
    try (DoSQL elsewhere = DoSQL.open(options("elsewhere", store))) {
      Bookmark at = elsewhere.restoreTo("acme", file);
      if (!at.equals(newest)) {
        throw new OlderState(at);
      }
    }
    return file;
  }

  /** A restore that has ended at another position. */
  @SuppressWarnings("serial")
  private static final class OlderState extends RuntimeException {
    private final Bookmark at;

    OlderState(Bookmark at) {
      super("restored " + at);
      this.at = at;
    }
  }

  private byte[] bytes(String key) throws IOException {
    return bucket.get(key).orElseThrow().bytes().clone();
  }

  /** Puts something in the place of an object, with metadata made of the object's. */
  private static void replace(
      ObjectStore store, String key, byte[] bytes, Map<String, String> metadata)
      throws IOException {
    PutOptions options = PutOptions.unconditional();
    for (Map.Entry<String, String> each : metadata.entrySet()) {
      options = options.withMetadata(each.getKey(), each.getValue());
    }
    store.put(key, bytes, options);
  }

  /** What is done to a bucket. */
  @FunctionalInterface
  private interface Damage {
    void on(ObjectStore store) throws IOException;
  }

  private ObjectStore copyOfBucket() throws IOException {
    MemoryObjectStore store = MemoryObjectStore.create();
    for (String each : keys("")) {
      StoredObject object = bucket.get(each).orElseThrow();
      replace(store, each, object.bytes(), object.info().metadata());
    }
    return store;
  }

  /** Damages a bucket like ours, restores, and looks at what comes of it. */
  private void check(String what, String key, Damage damage) throws Exception {
    ObjectStore store = copyOfBucket();
    damage.on(store);
    String label = what + " of " + key + ", seed=" + seed;
    try {
      if (random.nextInt(OPENINGS) == 0) {
        assertThat(opened(store)).as(label).isEqualTo(expected);
      } else {
        assertThat(restore(store)).as(label).hasBinaryContent(expectedBytes);
      }
      exact++;
    } catch (CorruptObjectException e) {
      assertThat(e.object()).as("%s: %s", label, e).isIn(keys);
      assertThat(e).as(label).hasMessageContaining(e.object());
      found++;
    } catch (DoSQLException e) {
      throw new AssertionError(label, e);
    }
  }

  /** What is found by a machine that has only the bucket; a new tenant is never made instead. */
  private List<String> opened(ObjectStore store) throws Exception {
    Path file = parent.resolve("exported-" + files++);
    DBOptions options =
        options("opened-" + files, store).toBuilder().createIfMissing(false).build();
    try (DoSQL elsewhere = DoSQL.open(options)) {
      elsewhere.db("acme").exportTo(file);
    }
    return Dump.of(file);
  }

  private void say(String what) {
    System.out.printf(
        "DamagedBucketTest: %s: %d found, %d exact all the same%n", what, found, exact);
    assertThat(found).isPositive();
  }

  /** Which bytes of an object are changed: all that matter singly, and some of the rest. */
  private List<Integer> places(String key, int length) {
    List<Integer> places = new ArrayList<>();
    boolean head = key.endsWith("head.json");
    int ends = head ? length : Math.min(HEADER_BYTES, length);
    for (int i = 0; i < ends; i++) {
      places.add(i);
    }
    if (!head) {
      for (int i = 0; i < BETWEEN; i++) {
        places.add(HEADER_BYTES + random.nextInt(length - HEADER_BYTES));
      }
      // The index of pages lies before the trailer.
      for (int i = length - TRAILER_BYTES - BETWEEN; i < length; i++) {
        places.add(i);
      }
    }
    return places;
  }

  /** The head, both ends of the chain, the snapshot, and what follows it. */
  private List<String> chosen() {
    List<String> chosen = new ArrayList<>();
    List<String> segments = keys.stream().filter(key -> key.contains("/0000/")).toList();
    chosen.add(segments.get(0));
    chosen.add(segments.get(segments.size() - 2));
    chosen.add(segments.get(segments.size() - 1));
    keys.stream().filter(key -> !key.contains("/0000/")).forEach(chosen::add);
    return chosen;
  }

  @Test
  void bit_flippedAnywhere_isFoundOrDoesNotMatter() throws Exception {
    for (String key : chosen()) {
      StoredObject object = bucket.get(key).orElseThrow();
      for (int place : places(key, object.bytes().length)) {
        byte[] flipped = object.bytes().clone();
        flipped[place] ^= (byte) (1 << random.nextInt(8));
        check(
            "bit of byte " + place,
            key,
            store -> replace(store, key, flipped, object.info().metadata()));
      }
    }
    say("bits flipped");
  }

  @Test
  void bit_flippedInWhatIsNeeded_isAlwaysFound() throws Exception {
    List<String> segments = keys.stream().filter(key -> key.contains("/0000/")).toList();
    String last = segments.get(segments.size() - 1);
    StoredObject object = bucket.get(last).orElseThrow();
    List<byte[]> pages = pages(object.bytes());
    int same = 0;
    for (int place : places(last, object.bytes().length)) {
      byte[] flipped = object.bytes().clone();
      flipped[place] ^= (byte) (1 << random.nextInt(8));
      check("bit of " + place, last, store -> replace(store, last, flipped, metadata(object)));
      same += haveSamePages(flipped, pages) ? 1 : 0;
    }
    assertThat(exact).as("flipped and not seen").isEqualTo(same);
  }

  /**
   * Checksums of the format are of pages, not of how those are compressed: a block that repeats
   * from another place with the same bytes is the same page.
   */
  private static boolean haveSamePages(byte[] segment, List<byte[]> pages) throws IOException {
    try {
      List<byte[]> read = pages(segment);
      return Arrays.deepEquals(read.toArray(), pages.toArray());
    } catch (LtxFormatException e) {
      return false;
    }
  }

  private static List<byte[]> pages(byte[] segment) throws IOException {
    LtxReader reader = new LtxReader(new ByteArrayInputStream(segment), "segment");
    List<byte[]> pages = new ArrayList<>();
    byte[] page = new byte[reader.header().pageSize()];
    while (reader.next(page) != 0) {
      pages.add(page.clone());
    }
    return pages;
  }

  private static Map<String, String> metadata(StoredObject object) {
    return object.info().metadata();
  }

  @Test
  void metadata_changedOrGone_isFoundOrDoesNotMatter() throws Exception {
    for (String key : chosen()) {
      StoredObject object = bucket.get(key).orElseThrow();
      ObjectInfo info = object.info();
      for (String name : info.metadata().keySet()) {
        List<UnaryOperator<String>> changes =
            List.of(
                text -> text.substring(0, text.length() - 1),
                text -> (text.charAt(0) == '1' ? '2' : '1') + text.substring(1),
                text -> "0000000000000000",
                text -> "x");
        for (UnaryOperator<String> change : changes) {
          Map<String, String> changed = new LinkedHashMap<>(info.metadata());
          changed.put(name, change.apply(changed.get(name)));
          check(
              name + "=" + changed.get(name),
              key,
              store -> replace(store, key, object.bytes(), changed));
        }
        Map<String, String> without = new LinkedHashMap<>(info.metadata());
        without.remove(name);
        check("no " + name, key, store -> replace(store, key, object.bytes(), without));
      }
    }
    say("metadata");
  }

  @Test
  void object_gone_isFoundOrDoesNotMatter() throws Exception {
    List<String> segments = keys.stream().filter(key -> key.contains("/0000/")).toList();
    String last = segments.get(segments.size() - 1);
    for (String key : keys) {
      if (key.equals(last) || key.endsWith("head.json")) {
        continue;
      }
      check("absence", key, store -> store.delete(key));
    }
    say("objects gone");
  }

  /** The one loss that nothing tells, as documented: but the position does. */
  @Test
  void lastSegment_gone_isToldByThePosition() throws Exception {
    List<String> segments = keys.stream().filter(key -> key.contains("/0000/")).toList();
    String last = segments.get(segments.size() - 1);
    ObjectStore store = copyOfBucket();
    store.delete(last);
    assertThatExceptionOfType(OlderState.class)
        .isThrownBy(() -> restore(store))
        .satisfies(
            e -> {
              assertThat(e.at.lineage()).isEqualTo(newest.lineage());
              assertThat(e.at.txid()).isEqualTo(newest.txid() - 1);
            });
  }

  @Test
  void object_truncatedOrLonger_isFoundOrDoesNotMatter() throws Exception {
    for (String key : chosen()) {
      StoredObject object = bucket.get(key).orElseThrow();
      byte[] bytes = object.bytes();
      int[] lengths = {0, 1, 50, 99, 100, bytes.length / 2, bytes.length - 17, bytes.length - 1};
      for (int length : lengths) {
        check(
            "first " + length + " bytes",
            key,
            store -> replace(store, key, Arrays.copyOf(bytes, length), object.info().metadata()));
      }
      for (int more : new int[] {1, 16, 4_096}) {
        check(
            "bytes appended, " + more,
            key,
            store ->
                replace(
                    store,
                    key,
                    Arrays.copyOf(bytes, bytes.length + more),
                    object.info().metadata()));
      }
    }
    say("truncated or longer");
  }

  @Test
  void object_inPlaceOfAnother_isFoundOrDoesNotMatter() throws Exception {
    List<String> theirs = keys("globex/");
    for (String key : chosen()) {
      StoredObject own = bucket.get(key).orElseThrow();
      for (int i = 0; i < 12; i++) {
        List<String> from = i % 2 == 0 ? theirs : keys;
        String other = from.get(random.nextInt(from.size()));
        if (other.equals(key)) {
          continue;
        }
        StoredObject foreign = bucket.get(other).orElseThrow();
        check(other, key, store -> replace(store, key, foreign.bytes(), metadata(foreign)));
        check(
            other + " under its metadata",
            key,
            store -> replace(store, key, foreign.bytes(), metadata(own)));
      }
    }
    say("foreign objects");
  }

  @Test
  void twoObjects_gone_areFoundOrDoNotMatter() throws Exception {
    List<String> segments = keys.stream().filter(key -> key.contains("/0000/")).toList();
    List<String> others = keys.stream().filter(this::isSnapshot).toList();
    for (String segment : segments.subList(0, segments.size() - 1)) {
      check(
          "absence, and of all snapshots,",
          segment,
          store -> {
            store.delete(segment);
            for (String each : others) {
              store.delete(each);
            }
          });
    }
    assertThat(exact).as("restored without what is needed").isZero();
  }

  private boolean isSnapshot(String key) {
    return key.contains("/0009/");
  }

  /** Nothing but the segments after it tells of the first, where there is no snapshot yet. */
  @Test
  void firstSegment_goneBeforeAnySnapshot_isFound() throws Exception {
    MemoryObjectStore store = MemoryObjectStore.create();
    try (DoSQL tenants = DoSQL.open(options("young", store))) {
      DB db = tenants.db("acme");
      for (int i = 0; i < 3; i++) {
        db.exec("CREATE TABLE t" + i + "(id)");
        db.awaitDurable(db.bookmark(), SOON);
      }
    }
    List<String> segments =
        store.list("acme/", "", 100).stream()
            .map(each -> each.key())
            .filter(key -> key.contains("/0000/"))
            .toList();
    assertThat(segments).hasSizeGreaterThan(2);
    store.delete(segments.get(0));
    assertThatExceptionOfType(CorruptObjectException.class)
        .isThrownBy(() -> opened(store))
        .satisfies(e -> assertThat(e.object()).isEqualTo(segments.get(0)));
  }

  @Test
  void restore_thatFails_leavesNoFile() throws Exception {
    String key = chosen().get(2);
    byte[] damaged = bytes(key);
    damaged[damaged.length / 2] ^= 1;
    replace(bucket, key, damaged, metadata(bucket.get(key).orElseThrow()));
    Path directory = Files.createDirectory(parent.resolve("target"));
    try (DoSQL elsewhere = DoSQL.open(options("elsewhere", bucket))) {
      assertThatExceptionOfType(CorruptObjectException.class)
          .isThrownBy(() -> elsewhere.restoreTo("acme", directory.resolve("acme.db")))
          .withMessageContaining(key);
    }
    assertThat(directory).isEmptyDirectory();
  }
}
