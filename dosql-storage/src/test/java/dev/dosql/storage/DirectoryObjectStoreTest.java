package dev.dosql.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.dosql.storage.testing.ObjectStoreContract;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DirectoryObjectStoreTest extends ObjectStoreContract {

  private static final String SEGMENT = "t/acme/0000/0000000000000001-0000000000000001.ltx";

  @TempDir Path parent;

  @Override
  protected ObjectStore openStore() throws IOException {
    return DirectoryObjectStore.open(root());
  }

  private Path root() {
    return parent.resolve("new/root");
  }

  // Layout.

  @Test
  void object_put_isAPlainFileUnderItsOwnName() throws IOException {
    store.put(SEGMENT, bytes("ltx"), PutOptions.ifAbsent().withMetadata("a", "b"));

    assertThat(root().resolve(SEGMENT)).hasBinaryContent(bytes("ltx"));
    assertThat(root().resolve(".dosql/meta").resolve(SEGMENT)).isRegularFile();
    try (Stream<Path> files = Files.list(root().resolve(SEGMENT).getParent())) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void file_putThereByOthers_isAnObjectWithAComputedTag() throws IOException {
    String etag = store.put("a.ltx", bytes("ltx"), PutOptions.ifAbsent());
    Files.write(root().resolve("b.ltx"), bytes("ltx"));

    ObjectInfo info = store.get("b.ltx").orElseThrow().info();

    assertThat(info.etag()).isEqualTo(etag);
    assertThat(info.metadata()).isEmpty();
    assertThat(info.lastModified()).isCloseTo(Instant.now(), within(Duration.ofMinutes(1)));
    assertThat(keys("", "", 10)).containsExactly("a.ltx", "b.ltx");
    store.put("b.ltx", bytes("new"), PutOptions.ifMatch(info.etag()));
    assertThat(text("b.ltx")).isEqualTo("new");
  }

  @Test
  void file_replacedByOthers_losesTagAndMetadataOfTheOldBytes() throws IOException {
    String etag = store.put("a.ltx", bytes("old"), PutOptions.ifAbsent().withMetadata("a", "b"));
    Files.write(root().resolve("a.ltx"), bytes("other"));

    ObjectInfo info = store.get("a.ltx").orElseThrow().info();

    assertThat(info.etag()).isNotEqualTo(etag);
    assertThat(info.metadata()).isEmpty();
  }

  @Test
  void copyOfTheDirectory_withoutTimes_keepsTagsAndMetadata() throws IOException {
    String etag = store.put(SEGMENT, bytes("ltx"), PutOptions.ifAbsent().withMetadata("a", "b"));
    Path copy = parent.resolve("copy");
    copyWithoutTimes(root(), copy);

    try (ObjectStore other = DirectoryObjectStore.open(copy)) {
      StoredObject object = other.get(SEGMENT).orElseThrow();
      assertThat(object.info().etag()).isEqualTo(etag);
      assertThat(object.info().metadata()).isEqualTo(Map.of("a", "b"));
      assertThat(object.bytes()).isEqualTo(bytes("ltx"));
    }
  }

  private static void copyWithoutTimes(Path from, Path to) throws IOException {
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        Path target = to.resolve(from.relativize(path).toString());
        Files.copy(path, target);
        Files.setLastModifiedTime(target, FileTime.fromMillis(1));
      }
    }
  }

  @Test
  void names_thatNoKeyHas_areUnseen() throws IOException {
    for (String name : List.of("Upper.ltx", "plain", "%2e", "%2e%2e%", "a%2fb.ltx", "%61.x", "é")) {
      Files.write(root().resolve(name), bytes("x"));
    }
    Files.createDirectory(root().resolve("dotted.directory"));

    assertThat(store.list("", "", 10)).isEmpty();
    assertThat(store.get("plain")).isEmpty();
    assertThat(store.get("Upper.ltx")).isEmpty();
  }

  @Test
  void segment_tooLongForAFileName_isRefused() {
    for (String segment : List.of("x".repeat(256), "é".repeat(50), "X".repeat(86))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> store.put("a/" + segment, bytes("x"), PutOptions.unconditional()))
          .withMessageContainingAll("at most 255", segment);
    }
    assertThat(root().resolve("a")).doesNotExist();
  }

  // Crashes.

  @Test
  void crash_betweenSidecarAndContent_leavesTheOldObjectWhole() throws IOException {
    String old = store.put("k.x", bytes("1"), PutOptions.ifAbsent().withMetadata("v", "1"));
    Path content = root().resolve("k.x");
    Path kept = parent.resolve("kept");
    Files.copy(content, kept, StandardCopyOption.COPY_ATTRIBUTES);
    store.put("k.x", bytes("2"), PutOptions.unconditional().withMetadata("v", "2"));
    Files.move(kept, content, StandardCopyOption.REPLACE_EXISTING);

    ObjectInfo info = store.get("k.x").orElseThrow().info();

    assertThat(info.etag()).isEqualTo(old);
    assertThat(info.metadata()).isEqualTo(Map.of("v", "1"));
    store.put("k.x", bytes("3"), PutOptions.ifMatch(old).withMetadata("v", "3"));
    assertThat(store.get("k.x").orElseThrow().info().metadata()).isEqualTo(Map.of("v", "3"));
  }

  @Test
  void crash_beforeTheFirstContent_leavesNoObject() throws IOException {
    store.put("k.x", bytes("1"), PutOptions.ifAbsent().withMetadata("v", "1"));
    Files.delete(root().resolve("k.x"));

    assertThat(store.get("k.x")).isEmpty();
    assertThat(store.list("", "", 10)).isEmpty();
    store.put("k.x", bytes("2"), PutOptions.ifAbsent());
    assertThat(store.get("k.x").orElseThrow().info().metadata()).isEmpty();
  }

  @Test
  void leftovers_ofACrash_areUnseenAndSweptOnOpenWhenOld() throws IOException {
    Path old = Files.write(root().resolve(".dosql/tmp/old"), bytes("torn"));
    Path young = Files.write(root().resolve(".dosql/tmp/young"), bytes("torn"));
    Instant past = Instant.now().minus(DirectoryObjectStore.LEFTOVER_AGE_MIN).minusSeconds(60);
    Files.setLastModifiedTime(old, FileTime.from(past));

    assertThat(store.list("", "", 10)).isEmpty();
    assertThat(store.get(".dosql/tmp/old")).isEmpty();
    DirectoryObjectStore.open(root()).close();

    assertThat(old).doesNotExist();
    assertThat(young).exists();
  }

  @Test
  void sidecar_damaged_failsTheReadAndNamesTheFile() throws IOException {
    store.put("k.x", bytes("1"), PutOptions.ifAbsent().withMetadata("v", "1"));
    Path sidecar = root().resolve(".dosql/meta/k.x");
    byte[] damaged = Files.readAllBytes(sidecar);
    damaged[20] ^= 1;
    Files.write(sidecar, damaged);

    assertThatThrownBy(() -> store.get("k.x"))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("sidecar is damaged", "key=k.x", sidecar.toRealPath().toString());
  }

  @Test
  void put_refusedOrFailed_leavesNothingStaged() throws IOException {
    store.put("k.x", bytes("1"), PutOptions.ifAbsent());
    Files.createDirectory(root().resolve("d.x"));

    assertThatThrownBy(() -> store.put("k.x", bytes("2"), PutOptions.ifAbsent()))
        .isInstanceOf(PreconditionFailedException.class);
    assertThatThrownBy(() -> store.put("d.x", bytes("2"), PutOptions.unconditional()))
        .isInstanceOf(IOException.class);

    try (Stream<Path> staged = Files.list(root().resolve(".dosql/tmp"))) {
      assertThat(staged).isEmpty();
    }
  }

  @Test
  void put_clockBehindTheLastVersion_stillGivesALaterTimeAndItsOwnMetadata() throws IOException {
    store.put("k.x", bytes("1"), PutOptions.unconditional());
    Instant last = Instant.now().plus(Duration.ofHours(1));
    Files.setLastModifiedTime(root().resolve("k.x"), FileTime.from(last));
    for (int i = 0; i < 20; i++) {
      store.put("k.x", bytes("1"), PutOptions.unconditional().withMetadata("i", "" + i));
      ObjectInfo info = store.get("k.x").orElseThrow().info();
      assertThat(info.lastModified()).isAfter(last.truncatedTo(ChronoUnit.MICROS));
      assertThat(info.metadata()).isEqualTo(Map.of("i", "" + i));
      last = info.lastModified();
    }
  }

  // Escapes and obstacles.

  @ParameterizedTest
  @ValueSource(strings = {"../x", "a/../../x", "/x", "..", "%2e%2e/x", "..\\x", "C:\\x", "C:/x"})
  void key_thatLooksLikeAnEscape_staysInsideOrIsRefused(String key) throws IOException {
    try {
      store.put(key, bytes("x"), PutOptions.unconditional());
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining(key);
    }

    assertThat(parent.resolve("new/x")).doesNotExist();
    assertThat(parent.resolve("x")).doesNotExist();
    assertThat(Path.of("/x")).doesNotExist();
    try (Stream<Path> siblings = Files.list(root().getParent())) {
      assertThat(siblings).containsExactly(root());
    }
  }

  @Test
  void link_toADirectoryOutside_isNeitherWrittenNorReadNorListed() throws IOException {
    Path outside = Files.createDirectory(parent.resolve("outside"));
    Files.write(outside.resolve("k.x"), bytes("secret"));
    Path below = Files.createDirectory(outside.resolve("below"));
    Files.write(below.resolve("k.x"), bytes("secret"));
    Files.createSymbolicLink(root().resolve("link"), outside);

    assertRefused("link/k.x");
    assertRefused("link/new/k.x");
    assertThat(keys("", "", 10)).isEmpty();
    assertThat(keys("link/", "", 10)).isEmpty();
    assertThat(keys("link/below/", "", 10)).isEmpty();
    try (Stream<Path> files = Files.list(outside)) {
      assertThat(files).containsExactlyInAnyOrder(outside.resolve("k.x"), below);
    }
    assertThat(outside.resolve("k.x")).hasBinaryContent(bytes("secret"));
  }

  @Test
  void link_toAFileOutside_isNeitherWrittenNorReadNorListed() throws IOException {
    Path outside = Files.write(parent.resolve("outside.x"), bytes("secret"));
    Files.createSymbolicLink(root().resolve("k.x"), outside);

    assertRefused("k.x");
    assertThat(keys("", "", 10)).isEmpty();
    assertThat(outside).hasBinaryContent(bytes("secret"));
  }

  private void assertRefused(String key) {
    assertThatThrownBy(() -> store.get(key))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("symbolic link", "key=" + key);
    assertThatThrownBy(() -> store.put(key, bytes("x"), PutOptions.unconditional()))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("symbolic link", "key=" + key);
    assertThatThrownBy(() -> store.delete(key)).isInstanceOf(IOException.class);
  }

  @Test
  void root_thatIsALink_isFollowed() throws IOException {
    Path link = Files.createSymbolicLink(parent.resolve("link"), root());

    try (ObjectStore other = DirectoryObjectStore.open(link)) {
      other.put("k.x", bytes("1"), PutOptions.ifAbsent());
    }
    assertThat(text("k.x")).isEqualTo("1");
  }

  @Test
  void put_fileWhereADirectoryIsNeeded_failsWithNothingVisible() throws IOException {
    Files.write(root().resolve("t"), bytes("in the way"));

    assertThatThrownBy(() -> store.put("t/k.x", bytes("x"), PutOptions.unconditional()))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("put failed", "needed", "key=t/k.x");
    assertThat(keys("", "", 10)).isEmpty();
    assertThat(keys("t/", "", 10)).isEmpty();
    assertThat(root().resolve("t")).hasBinaryContent(bytes("in the way"));
  }

  @Test
  void put_contentCannotBeStaged_failsWithTheOldObjectInPlace() throws IOException {
    String etag = store.put("k.x", bytes("1"), PutOptions.ifAbsent());
    Path tmp = root().resolve(".dosql/tmp");
    Files.delete(tmp);
    Files.write(tmp, bytes("in the way"));

    assertThatThrownBy(() -> store.put("k.x", bytes("2"), PutOptions.unconditional()))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("put failed", "key=k.x");
    assertThat(text("k.x")).isEqualTo("1");
    assertThat(store.get("k.x").orElseThrow().info().etag()).isEqualTo(etag);
  }

  @Test
  void open_rootIsAFile_failsAndNamesIt() throws IOException {
    Path file = Files.write(parent.resolve("file"), bytes("x"));

    for (Path root : List.of(file, file.resolve("below"))) {
      assertThatThrownBy(() -> DirectoryObjectStore.open(root))
          .isInstanceOf(IOException.class)
          .hasMessageContainingAll("open failed", root.toString());
    }
  }

  // Two stores and several processes.

  @Test
  void twoStores_inOneJvm_shareObjectsAndConditions() throws Exception {
    store.put("counter", bytes("0"), PutOptions.ifAbsent());
    try (ObjectStore other = DirectoryObjectStore.open(root())) {
      Thread thread = new Thread(() -> incrementUnchecked(other));
      thread.start();
      increment(store, "counter", 100);
      thread.join(TimeUnit.MINUTES.toMillis(1));
      assertThat(text("counter")).isEqualTo("200");
    }
  }

  private static void incrementUnchecked(ObjectStore other) {
    try {
      increment(other, "counter", 100);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void threeProcesses_racingInOneDirectory_haveOneWinnerEachAndLoseNoIncrement() throws Exception {
    int keys = 100;
    int increments = 40;
    store.put("counter", bytes("0"), PutOptions.ifAbsent());
    List<Process> children = new ArrayList<>();
    try {
      for (String name : List.of("one", "two")) {
        children.add(startChild(root().toString(), name, "" + keys, "" + increments));
      }
      increment(store, "counter", increments);
      List<String> winners = new ArrayList<>();
      for (Process child : children) {
        winners.addAll(wonBy(child));
      }
      assertThat(winners).hasSize(keys).doesNotHaveDuplicates();
    } finally {
      children.forEach(Process::destroyForcibly);
    }
    int threads = 1 + 2 * RacingProcess.THREADS;
    assertThat(text("counter")).isEqualTo(Integer.toString(threads * increments));
  }

  private static List<String> wonBy(Process child) throws Exception {
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).as("child ends in time").isTrue();
    try (InputStream in = child.getInputStream()) {
      String output = new String(in.readAllBytes(), UTF_8);
      assertThat(child.exitValue()).as(output).isZero();
      assertThat(output).startsWith("won");
      return Arrays.stream(output.trim().split(" ")).skip(1).toList();
    }
  }

  private static Process startChild(String... args) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", classes(), RacingProcess.class.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  /** Where the classes of the child are, however this test was started. */
  private static String classes() throws Exception {
    String thirdParty = System.getProperty("java.class.path");
    return String.join(
        File.pathSeparator, home(ObjectStore.class), home(RacingProcess.class), thirdParty);
  }

  private static String home(Class<?> type) throws URISyntaxException {
    URL file = type.getResource(type.getSimpleName() + ".class");
    Path path = Path.of(file.toURI());
    for (int names = type.getName().split("\\.").length; names > 0; names--) {
      path = path.getParent();
    }
    return path.toString();
  }
}
