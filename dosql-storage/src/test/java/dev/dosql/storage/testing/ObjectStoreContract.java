package dev.dosql.storage.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.ListedObject;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.OpenObject;
import dev.dosql.storage.PreconditionFailedException;
import dev.dosql.storage.PutOptions;
import dev.dosql.storage.RangeOutsideObjectException;
import dev.dosql.storage.StoredObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link ObjectStore} does; each implementation's test extends it. */
public abstract class ObjectStoreContract {

  private static final int THREADS = 16;

  /** Long, because there are services that wait for their own locks in steps of a second. */
  private static final long RACE_SECONDS_MAX = 600;

  /** The store under test. */
  protected ObjectStore store;

  /** A directory for the files of one test. */
  @TempDir protected Path files;

  /** Opens an empty store; the contract closes it. */
  protected abstract ObjectStore openStore() throws IOException;

  /** The longest key that the store under test takes; shorter only behind a prefix. */
  protected int keyBytesMax() {
    return ObjectStore.KEY_BYTES_MAX;
  }

  @BeforeEach
  void open_anEmptyStore() throws IOException {
    store = openStore();
  }

  @AfterEach
  void close_theStore() throws IOException {
    store.close();
  }

  // Keys.

  static Stream<String> oddKeys() {
    return Stream.of(
        "a b",
        " ",
        "über",
        "u\u0308ber",
        "日本語/キー",
        "emoji 😀.ltx",
        "%2F",
        "a%2fb",
        "%",
        "a+b",
        "~",
        "A",
        "a/B",
        "CON",
        "con",
        "nul.txt",
        "com1",
        "trailing.",
        ".hidden",
        "...",
        "..a",
        "a..b",
        "-",
        "*",
        "?",
        "a:b",
        "a\\b",
        "a|b<c>\"d\"'",
        "a&b=c;d,e",
        "a#b",
        "\uE000",
        "\uFFFD",
        "\u2028",
        ".dosql/meta/x",
        "a.tmp",
        "x".repeat(200),
        ("y".repeat(127) + "/").repeat(7) + "y".repeat(128));
  }

  @ParameterizedTest
  @MethodSource("oddKeys")
  void oddKey_put_isReadListedAndDeletedUnderItsExactName(String odd) throws IOException {
    String key = fitting(odd);
    store.put(key, key.getBytes(UTF_8), PutOptions.ifAbsent());

    assertThat(text(key)).isEqualTo(key);
    assertThat(store.get(key).orElseThrow().info().key()).isEqualTo(key);
    assertThat(keys("", "", 10)).containsExactly(key);
    assertThat(keys(key, "", 10)).containsExactly(key);
    store.delete(key);
    assertThat(store.get(key)).isEmpty();
    assertThat(keys("", "", 10)).isEmpty();
  }

  @Test
  void oddKeys_together_doNotMeet() throws IOException {
    for (String key : oddKeys().map(this::fitting).toList()) {
      store.put(key, key.getBytes(UTF_8), PutOptions.ifAbsent());
    }

    for (String key : oddKeys().map(this::fitting).toList()) {
      assertThat(text(key)).isEqualTo(key);
    }
    assertThat(keys("", "", 1000)).containsExactlyElementsOf(sorted(oddKeys().map(this::fitting)));
  }

  private String fitting(String ascii) {
    return ascii.length() <= keyBytesMax() ? ascii : ascii.substring(0, keyBytesMax());
  }

  @Test
  void key_thatBeginsAnother_isAnObjectOfItsOwn() throws IOException {
    List<String> keys = List.of("a", "a/b", "a/b/c", "a.x", "a.x/b", "a/b.y/c");
    for (String key : keys) {
      store.put(key, key.getBytes(UTF_8), PutOptions.ifAbsent());
    }

    for (String key : keys) {
      assertThat(text(key)).isEqualTo(key);
    }
    assertThat(keys("", "", 10)).containsExactlyElementsOf(sorted(keys.stream()));
    store.delete("a");
    assertThat(text("a/b")).isEqualTo("a/b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/../b", "./a", "a/./b", "a\u0000",
        "a\nb", "\u007f", "\u0085", "\ud800", "a\udc00"
      })
  void key_thatBreaksARule_isRefusedByEveryCall(String key) {
    for (Callable<?> call : callsWith(key)) {
      assertThatIllegalArgumentException().isThrownBy(call::call).withMessageContaining("key");
    }
  }

  @Test
  void key_tooLongInBytes_isRefusedByEveryCall() {
    String key = "ü".repeat(60) + ("/" + "x".repeat(100)).repeat(9);
    assertThat(key.getBytes(UTF_8)).hasSizeGreaterThan(ObjectStore.KEY_BYTES_MAX);
    for (Callable<?> call : callsWith(key)) {
      assertThatIllegalArgumentException().isThrownBy(call::call).withMessageContaining(key);
    }
  }

  private List<Callable<?>> callsWith(String key) {
    return List.of(
        () -> store.get(key),
        () -> store.get(key, 0, 1),
        () -> store.open(key),
        () -> store.put(key, new byte[1], PutOptions.unconditional()),
        () -> store.put(key, files.resolve("none"), PutOptions.unconditional()),
        () -> {
          store.delete(key);
          return key;
        });
  }

  // Get, open and ranges.

  @Test
  void get_absentObject_isEmpty() throws IOException {
    store.put("a/b", new byte[1], PutOptions.unconditional());

    for (String key : List.of("b", "a", "a/b/c", "a/bc")) {
      assertThat(store.get(key)).isEmpty();
      assertThat(store.get(key, 0, 1)).isEmpty();
      assertThat(store.open(key)).isEmpty();
    }
  }

  @Test
  void get_afterPut_givesBytesTagSizeMetadataAndTime() throws IOException {
    Instant before = Instant.now().minus(Duration.ofMinutes(5));
    PutOptions options = PutOptions.unconditional().withMetadata("written-by", "me");
    String etag = store.put("k", "hello".getBytes(UTF_8), options);

    StoredObject object = store.get("k").orElseThrow();

    assertThat(object.bytes()).isEqualTo("hello".getBytes(UTF_8));
    assertThat(object.info().key()).isEqualTo("k");
    assertThat(object.info().size()).isEqualTo(5);
    assertThat(object.info().etag()).isEqualTo(etag).isNotEmpty();
    assertThat(object.info().metadata()).isEqualTo(Map.of("written-by", "me"));
    assertThat(object.info().lastModified())
        .isBetween(before, Instant.now().plus(Duration.ofMinutes(5)));
  }

  @Test
  void get_range_givesItsBytesAndTheWholeSize() throws IOException {
    String etag = store.put("k", "0123456789".getBytes(UTF_8), PutOptions.unconditional());

    assertThat(range(0, 4)).isEqualTo("0123");
    assertThat(range(3, 4)).isEqualTo("3456");
    assertThat(range(9, 1)).isEqualTo("9");
    assertThat(range(7, 100)).isEqualTo("789");
    assertThat(range(0, Integer.MAX_VALUE)).isEqualTo("0123456789");
    assertThat(store.get("k", 3, 4).orElseThrow().info())
        .isEqualTo(store.get("k").orElseThrow().info())
        .satisfies(info -> assertThat(info.size()).isEqualTo(10))
        .satisfies(info -> assertThat(info.etag()).isEqualTo(etag));
  }

  @ParameterizedTest
  @ValueSource(longs = {10, 11, 1L << 40})
  void get_rangeBeyondTheEnd_failsAndNamesTheSize(long offset) throws IOException {
    store.put("k", new byte[10], PutOptions.unconditional());

    assertThatThrownBy(() -> store.get("k", offset, 1))
        .isInstanceOfSatisfying(
            RangeOutsideObjectException.class, e -> assertThat(e.size()).isEqualTo(10))
        .hasMessageContainingAll("size=10", "key=k");
  }

  @Test
  void get_impossibleRange_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> store.get("k", -1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> store.get("k", 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> store.get("k", 0, -1));
  }

  @Test
  void emptyObject_put_isThereAndHasNoRange() throws IOException {
    String etag = store.put("k", new byte[0], PutOptions.ifAbsent());

    assertThat(store.get("k").orElseThrow().bytes()).isEmpty();
    assertThat(store.get("k").orElseThrow().info().etag()).isEqualTo(etag).isNotEmpty();
    assertThat(store.list("", "", 10)).containsExactly(new ListedObject("k", 0));
    assertThatThrownBy(() -> store.get("k", 0, 1)).isInstanceOf(RangeOutsideObjectException.class);
    assertThatThrownBy(() -> store.put("k", new byte[0], PutOptions.ifAbsent()))
        .isInstanceOf(PreconditionFailedException.class);
  }

  @Test
  void largeObject_put_isReadBackWholeInPartAndAsAStream() throws IOException {
    byte[] bytes = randomBytes(5 << 20);
    store.put("k", bytes, PutOptions.unconditional());

    assertThat(store.get("k").orElseThrow().bytes()).isEqualTo(bytes);
    assertThat(store.get("k", 4 << 20, 1000).orElseThrow().bytes())
        .isEqualTo(Arrays.copyOfRange(bytes, 4 << 20, (4 << 20) + 1000));
    assertThat(streamed("k")).isEqualTo(bytes);
  }

  @Test
  void file_put_isTheSameAsItsBytes() throws IOException {
    byte[] bytes = randomBytes(3 << 20);
    Path file = Files.write(files.resolve("content"), bytes);

    String etag = store.put("k", file, PutOptions.ifAbsent().withMetadata("a", "b"));

    StoredObject object = store.get("k").orElseThrow();
    assertThat(object.bytes()).isEqualTo(bytes);
    assertThat(object.info().etag()).isEqualTo(etag);
    assertThat(object.info().metadata()).isEqualTo(Map.of("a", "b"));
    assertThat(file).hasBinaryContent(bytes);
    assertThatThrownBy(() -> store.put("k", file, PutOptions.ifAbsent()))
        .isInstanceOf(PreconditionFailedException.class);
  }

  @Test
  void file_missing_failsAndWritesNothing() {
    assertThatThrownBy(() -> store.put("k", files.resolve("none"), PutOptions.unconditional()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("key=k");
    assertThat(existing("k")).isFalse();
  }

  @Test
  void open_objectReplacedMeanwhile_givesTheOldBytesOrFails() throws IOException {
    byte[] old = randomBytes(3 << 20);
    store.put("k", old, PutOptions.unconditional());

    try (OpenObject object = store.open("k").orElseThrow()) {
      byte[] start = object.body().readNBytes(10);
      store.put("k", new byte[3 << 20], PutOptions.unconditional());
      byte[] rest = readOrNull(object);
      if (rest != null) {
        assertThat(concat(start, rest)).isEqualTo(old);
      }
      assertThat(object.info().size()).isEqualTo(old.length);
    }
  }

  // Put and its conditions.

  @Test
  void put_overAnObject_replacesBytesTagAndMetadata() throws IOException {
    String old = store.put("k", bytes("1"), PutOptions.unconditional().withMetadata("a", "1"));
    String now = store.put("k", bytes("2"), PutOptions.unconditional().withMetadata("b", "2"));

    assertThat(now).isNotEqualTo(old);
    assertThat(text("k")).isEqualTo("2");
    assertThat(store.get("k").orElseThrow().info().metadata()).isEqualTo(Map.of("b", "2"));
  }

  @Test
  void put_sameBytesOtherMetadata_replacesTheMetadata() throws IOException {
    store.put("k", bytes("1"), PutOptions.unconditional().withMetadata("a", "1"));
    store.put("k", bytes("1"), PutOptions.unconditional());

    assertThat(store.get("k").orElseThrow().info().metadata()).isEmpty();
  }

  @Test
  void putIfAbsent_objectThere_failsAndWritesNothing() throws IOException {
    String etag = store.put("k", bytes("1"), PutOptions.ifAbsent().withMetadata("a", "1"));

    assertThatThrownBy(() -> store.put("k", bytes("2"), PutOptions.ifAbsent()))
        .isInstanceOfSatisfying(
            PreconditionFailedException.class, e -> assertThat(e.key()).isEqualTo("k"))
        .hasMessageContaining("key=k");
    assertUnchanged(etag);
  }

  @Test
  void putIfAbsent_afterDelete_succeeds() throws IOException {
    store.put("k", bytes("1"), PutOptions.ifAbsent());
    store.delete("k");

    store.put("k", bytes("2"), PutOptions.ifAbsent());

    assertThat(text("k")).isEqualTo("2");
  }

  @Test
  void putIfMatch_currentTag_replaces() throws IOException {
    String etag = store.put("k", bytes("1"), PutOptions.unconditional());

    String next = store.put("k", bytes("2"), PutOptions.ifMatch(etag));

    assertThat(text("k")).isEqualTo("2");
    assertThat(store.get("k").orElseThrow().info().etag()).isEqualTo(next);
  }

  @Test
  void putIfMatch_staleOrStrangeTag_failsAndWritesNothing() throws IOException {
    String stale = store.put("k", bytes("0"), PutOptions.unconditional());
    String etag = store.put("k", bytes("1"), PutOptions.unconditional().withMetadata("a", "1"));

    for (String tag : List.of(stale, "0123456789abcdef0123456789abcdef", "x")) {
      assertThatThrownBy(() -> store.put("k", bytes("2"), PutOptions.ifMatch(tag)))
          .isInstanceOf(PreconditionFailedException.class);
    }
    assertUnchanged(etag);
  }

  @Test
  void putIfMatch_noObject_failsAndWritesNothing() throws IOException {
    String etag = store.put("k", bytes("1"), PutOptions.unconditional());
    store.delete("k");

    assertThatThrownBy(() -> store.put("k", bytes("1"), PutOptions.ifMatch(etag)))
        .isInstanceOf(PreconditionFailedException.class);
    assertThat(store.get("k")).isEmpty();
  }

  private void assertUnchanged(String etag) throws IOException {
    StoredObject object = store.get("k").orElseThrow();
    assertThat(object.bytes()).isEqualTo(bytes("1"));
    assertThat(object.info().etag()).isEqualTo(etag);
    assertThat(object.info().metadata()).isEqualTo(Map.of("a", "1"));
    assertThat(keys("", "", 10)).containsExactly("k");
  }

  // Metadata.

  @Test
  void metadata_atItsLimit_isReadBack() throws IOException {
    String value = "x".repeat(PutOptions.METADATA_BYTES_MAX - 100);
    PutOptions options =
        PutOptions.unconditional()
            .withMetadata("litestream-timestamp", "2026-11-22T15:27:54.279Z")
            .withMetadata("0", "a b=c;\"d\",'e'%20~!")
            .withMetadata("long", value.substring("long".length()));
    store.put("k", bytes("1"), options);

    assertThat(store.get("k").orElseThrow().info().metadata()).isEqualTo(options.metadata());
  }

  @Test
  void metadata_thatBreaksARule_isRefused() {
    PutOptions options = PutOptions.unconditional();
    for (String name : List.of("", "A", "a_b", "a b", "ä", "-a", "a\n")) {
      assertThatIllegalArgumentException().isThrownBy(() -> options.withMetadata(name, "x"));
    }
    for (String value : List.of("", " ", " x", "x ", "ä", "a\nb", "a\n")) {
      assertThatIllegalArgumentException().isThrownBy(() -> options.withMetadata("x", value));
    }
    String tooLong = "x".repeat(PutOptions.METADATA_BYTES_MAX);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withMetadata("x", tooLong))
        .withMessageContaining("2049 bytes");
  }

  // List and delete.

  @Test
  void list_prefix_givesItsKeysInByteOrderWithSizes() throws IOException {
    List<String> keys =
        List.of("a/b", "a-b", "ab", "a", "a/b/c", "a.b", "a b", "B", "b/1", "\uFFFD", "😀", "é");
    for (String key : keys) {
      store.put(key, new byte[key.length()], PutOptions.unconditional());
    }

    assertThat(keys("", "", 1000)).containsExactlyElementsOf(sorted(keys.stream()));
    assertThat(keys("", "", 1000).subList(10, 12)).containsExactly("\uFFFD", "😀");
    assertThat(keys("a", "", 1000)).containsExactly("a", "a b", "a-b", "a.b", "a/b", "a/b/c", "ab");
    assertThat(keys("a/", "", 1000)).containsExactly("a/b", "a/b/c");
    assertThat(keys("a/b/c", "", 1000)).containsExactly("a/b/c");
    assertThat(keys("a/b/cd", "", 1000)).isEmpty();
    assertThat(keys("none/", "", 1000)).isEmpty();
    assertThat(store.list("b/", "", 1)).containsExactly(new ListedObject("b/1", 3));
  }

  @Test
  void list_startAfter_isExclusiveAndNeedNotExist() throws IOException {
    for (String key : List.of("a", "a/1", "a/2", "a/2/x", "a0", "b")) {
      store.put(key, new byte[1], PutOptions.unconditional());
    }

    assertThat(keys("", "a/1", 10)).containsExactly("a/2", "a/2/x", "a0", "b");
    assertThat(keys("", "a/1zzz", 10)).containsExactly("a/2", "a/2/x", "a0", "b");
    assertThat(keys("", "a/2/w", 10)).containsExactly("a/2/x", "a0", "b");
    assertThat(keys("a/", "a/2", 10)).containsExactly("a/2/x");
    assertThat(keys("a/", "A", 10)).containsExactly("a/1", "a/2", "a/2/x");
    assertThat(keys("a/", "b", 10)).isEmpty();
    assertThat(keys("", "b", 10)).isEmpty();
  }

  @Test
  void list_pages_giveEveryKeyOnceInOrder() throws IOException {
    List<String> keys =
        IntStream.range(0, 57).mapToObj(i -> "d" + i % 5 + (i % 2 == 0 ? "/" : "-") + i).toList();
    for (String key : keys) {
      store.put(key, new byte[1], PutOptions.unconditional());
    }

    for (int max : List.of(1, 7, 56, 57, 58)) {
      assertThat(pages("d", max)).containsExactlyElementsOf(sorted(keys.stream()));
    }
  }

  @Test
  void list_badArguments_areRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> store.list("", "", 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> store.list("", "", ObjectStore.LIST_MAX + 1));
    for (String prefix : List.of("/", "/a", "a//", "../", "a/./b", "a\n")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> store.list(prefix, "", 1))
          .withMessageContaining("prefix");
    }
  }

  @Test
  void delete_onceOrTwice_leavesNoObject() throws IOException {
    store.put("a/b", new byte[1], PutOptions.unconditional());

    store.delete("a/b");
    store.delete("a/b");
    store.delete("never/was");

    assertThat(store.get("a/b")).isEmpty();
    assertThat(store.list("", "", 10)).isEmpty();
  }

  @Test
  void close_thenAnyCall_isRefused() throws IOException {
    store.close();
    store.close();

    for (Callable<?> call : callsWith("k")) {
      assertThatIllegalStateException().isThrownBy(call::call);
    }
    assertThatIllegalStateException().isThrownBy(() -> store.list("", "", 1));
  }

  @Test
  void store_described_isOneLineOfItsOwn() throws IOException {
    String described = store.toString();

    assertThat(described).isNotBlank().doesNotContain("\n", "@");
    store.close();
    assertThat(store.toString()).isEqualTo(described);
    assertThatIllegalStateException()
        .isThrownBy(() -> store.get("k"))
        .withMessageContaining("store is closed");
  }

  // Threads.

  @Test
  void putIfAbsent_raceForEachOf100Keys_hasOneWinnerWhoseBytesStay() throws Exception {
    int keys = 100;
    CyclicBarrier barrier = new CyclicBarrier(THREADS);
    List<boolean[]> won =
        race(
            thread -> {
              boolean[] mine = new boolean[keys];
              for (int key = 0; key < keys; key++) {
                barrier.await(RACE_SECONDS_MAX, TimeUnit.SECONDS);
                mine[key] = creates("race/" + key, bytes("thread " + thread));
              }
              return mine;
            });

    for (int key = 0; key < keys; key++) {
      int index = key;
      int[] winners = IntStream.range(0, THREADS).filter(t -> won.get(t)[index]).toArray();
      assertThat(winners).as("winners of key %d", key).hasSize(1);
      assertThat(text("race/" + key)).isEqualTo("thread " + winners[0]);
    }
  }

  @Test
  void putIfMatch_raceOfIncrements_losesNone() throws Exception {
    store.put("counter", bytes("0"), PutOptions.ifAbsent());

    race(thread -> increment(store, "counter", 20));

    assertThat(text("counter")).isEqualTo(Integer.toString(THREADS * 20));
  }

  @Test
  void get_duringOverwrites_seesWholeVersionsOnly() throws Exception {
    put("k", 1);
    AtomicBoolean done = new AtomicBoolean();
    List<Integer> reads =
        race(
            thread -> {
              if (thread < 2) {
                for (int i = 0; i < 100; i++) {
                  put("k", 1 + (thread + 2 * i) % 9);
                }
                done.set(true);
                return 1;
              }
              int count = 0;
              while (!done.get() || count == 0) {
                assertWhole(store.get("k").orElseThrow());
                try (OpenObject object = store.open("k").orElseThrow()) {
                  assertThat(object.info().size()).isPositive();
                }
                count++;
              }
              return count;
            });
    assertThat(reads).allMatch(count -> count > 0);
  }

  private void put(String key, int version) throws IOException {
    byte[] bytes = new byte[version * 10_000];
    Arrays.fill(bytes, (byte) version);
    String name = Integer.toString(version);
    store.put(key, bytes, PutOptions.unconditional().withMetadata("version", name));
  }

  private static void assertWhole(StoredObject object) {
    int version = object.bytes()[0];
    byte[] expected = new byte[version * 10_000];
    Arrays.fill(expected, (byte) version);
    assertThat(Arrays.equals(object.bytes(), expected)).as("bytes of one version").isTrue();
    assertThat(object.info().size()).isEqualTo(expected.length);
    assertThat(object.info().metadata()).isEqualTo(Map.of("version", Integer.toString(version)));
  }

  @Test
  void interruptedThread_putGetListDelete_completeAndStayInterrupted() throws IOException {
    Path file = Files.write(files.resolve("content"), randomBytes(1 << 20));
    Thread.currentThread().interrupt();
    try {
      String etag = store.put("k", bytes("1"), PutOptions.ifAbsent());
      store.put("k", bytes("2"), PutOptions.ifMatch(etag));
      store.put("new/directory/f", file, PutOptions.unconditional());
      assertThat(text("k")).isEqualTo("2");
      assertThat(streamed("new/directory/f")).hasSize(1 << 20);
      assertThat(store.get("new/directory/f", 10, 10)).isPresent();
      store.delete("new/directory/f");
      assertThat(keys("", "", 10)).containsExactly("k");
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void interrupts_duringPutsAndGets_failNone() throws Exception {
    Thread writer = Thread.currentThread();
    AtomicBoolean done = new AtomicBoolean();
    Thread nuisance =
        new Thread(
            () -> {
              while (!done.get()) {
                writer.interrupt();
                Thread.onSpinWait();
              }
            });
    nuisance.start();
    try {
      for (int i = 0; i < 50; i++) {
        store.put("i/" + i, bytes("" + i), PutOptions.ifAbsent());
        assertThat(text("i/" + i)).isEqualTo("" + i);
      }
    } finally {
      done.set(true);
      Thread.interrupted();
      joinUninterrupted(nuisance);
      Thread.interrupted();
    }
  }

  private static void joinUninterrupted(Thread thread) {
    while (thread.isAlive()) {
      try {
        thread.join(TimeUnit.SECONDS.toMillis(RACE_SECONDS_MAX));
      } catch (InterruptedException e) {
        continue; // it interrupts us until it has seen the flag
      }
    }
  }

  // Helpers, for the tests of single stores too.

  /** Adds one to a number in an object, so often; each time by compare-and-set. */
  public static int increment(ObjectStore store, String key, int times) throws IOException {
    int tries = 0;
    for (int left = times; left > 0; tries++) {
      StoredObject seen = store.get(key).orElseThrow();
      int next = Integer.parseInt(new String(seen.bytes(), UTF_8)) + 1;
      try {
        store.put(key, bytes(Integer.toString(next)), PutOptions.ifMatch(seen.info().etag()));
        left--;
      } catch (PreconditionFailedException e) {
        continue; // another was faster: read again
      }
    }
    return tries;
  }

  private interface Racer<T> {
    T run(int thread) throws Exception;
  }

  private static <T> List<T> race(Racer<T> racer) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        int number = thread;
        futures.add(executor.submit(() -> racer.run(number)));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get(RACE_SECONDS_MAX, TimeUnit.SECONDS));
      }
      return results;
    } finally {
      executor.shutdownNow();
    }
  }

  private boolean creates(String key, byte[] bytes) throws IOException {
    try {
      store.put(key, bytes, PutOptions.ifAbsent());
      return true;
    } catch (PreconditionFailedException e) {
      return false;
    }
  }

  private boolean existing(String key) {
    try {
      return store.get(key).isPresent();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The bytes of a text in UTF-8. */
  protected static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  /** An object's bytes as text. */
  protected String text(String key) throws IOException {
    return new String(store.get(key).orElseThrow().bytes(), UTF_8);
  }

  private String range(long offset, int length) throws IOException {
    return new String(store.get("k", offset, length).orElseThrow().bytes(), UTF_8);
  }

  private byte[] streamed(String key) throws IOException {
    try (OpenObject object = store.open(key).orElseThrow()) {
      return object.body().readAllBytes();
    }
  }

  private static byte[] readOrNull(OpenObject object) {
    try {
      return object.body().readAllBytes();
    } catch (IOException e) {
      return null;
    }
  }

  private static byte[] concat(byte[] left, byte[] right) {
    byte[] both = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, both, left.length, right.length);
    return both;
  }

  /** The keys of one page. */
  protected List<String> keys(String prefix, String startAfter, int max) throws IOException {
    return store.list(prefix, startAfter, max).stream().map(ListedObject::key).toList();
  }

  private List<String> pages(String prefix, int max) throws IOException {
    List<String> all = new ArrayList<>();
    List<String> page = keys(prefix, "", max);
    while (!page.isEmpty()) {
      assertThat(page).hasSizeLessThanOrEqualTo(max);
      all.addAll(page);
      page = page.size() < max ? List.of() : keys(prefix, page.get(page.size() - 1), max);
    }
    return all;
  }

  private static List<String> sorted(Stream<String> keys) {
    return keys.sorted((a, b) -> Arrays.compareUnsigned(bytes(a), bytes(b))).toList();
  }

  private static byte[] randomBytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }
}
