package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.dosql.storage.MemoryObjectStore;
import dev.dosql.storage.PutOptions;
import dev.dosql.storage.internal.FailPoints;
import dev.dosql.testing.Caller;
import dev.dosql.testing.Callers;
import dev.dosql.testing.TroubledStore;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What happens where a tenant's file and its bucket meet: the first opening of a process. */
@Timeout(120)
class ColdTenantsTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String TABLE = "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)";
  private static final String INSERT = "INSERT INTO t(v) VALUES (?)";
  private static final String ALL = "SELECT v FROM t ORDER BY id";

  @TempDir Path parent;

  private final MemoryObjectStore memory = MemoryObjectStore.create();
  private final TroubledStore store = new TroubledStore(memory);
  private final List<StorageEvent> events = new CopyOnWriteArrayList<>();

  private DBOptions.Builder options(String directory) {
    return DBOptions.builder()
        .directory(parent.resolve(directory))
        .cold(store)
        .storageListener(events::add);
  }

  private DoSQL open(String directory) {
    return DoSQL.open(options(directory).build());
  }

  private List<StorageEvent.Kind> kinds() {
    return events.stream().map(StorageEvent::kind).toList();
  }

  private void write(String directory, String... values) {
    try (DoSQL tenants = open(directory)) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE.replace("TABLE t", "TABLE IF NOT EXISTS t"));
      for (String value : values) {
        acme.run(INSERT, value);
      }
    }
  }

  private List<String> read(String directory) {
    try (DoSQL tenants = open(directory)) {
      assertThat(tenants.db("acme").integrityCheck()).isEmpty();
      return tenants.db("acme").query(String.class, ALL);
    }
  }

  /** Copies a directory that is closed, as an old disk or a backup of it would be. */
  private void copy(String from, String to) throws IOException {
    Path source = parent.resolve(from);
    Path target = parent.resolve(to);
    Files.walkFileTree(
        source,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(target.resolve(source.relativize(directory)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Path copied = target.resolve(source.relativize(file));
            Files.copy(file, copied);
            Files.setLastModifiedTime(copied, Files.getLastModifiedTime(file));
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private List<String> setAside(String directory) throws IOException {
    try (Stream<Path> files = Files.list(parent.resolve(directory))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.contains("diverged"))
          .toList();
    }
  }

  @Test
  void equal_goesOnWithoutAnImage() {
    write("one", "first");
    write("one", "second");
    assertThat(read("one")).containsExactly("first", "second");
    assertThat(kinds()).isEmpty();
    assertThat(read("two")).containsExactly("first", "second");
    assertThat(kinds()).containsExactly(StorageEvent.Kind.HYDRATED);
  }

  @Test
  void ahead_shipsWhatTheBucketLacks() {
    write("one", "first");
    store.down(true);
    write("one", "second"); // Also opens, from the local file.
    store.down(false);
    assertThat(read("one")).containsExactly("first", "second");
    assertThat(kinds())
        .contains(StorageEvent.Kind.UNREACHABLE)
        .doesNotContain(StorageEvent.Kind.DIVERGED, StorageEvent.Kind.WHOLE_IMAGE);
    assertThat(read("two")).containsExactly("first", "second");
  }

  @Test
  void behind_isRolledForward() throws IOException {
    write("one", "first");
    copy("one", "old");
    write("one", "second");
    assertThat(read("old")).containsExactly("first", "second");
    assertThat(kinds()).contains(StorageEvent.Kind.ROLLED_FORWARD);
    assertThat(setAside("old")).isEmpty();
  }

  @Test
  void diverged_isKeptAsideAndRestored() throws IOException {
    write("one", "first");
    copy("one", "old");
    write("one", "second");
    store.down(true);
    write("old", "other");
    store.down(false);
    assertThat(read("old")).containsExactly("first", "second");
    assertThat(kinds()).contains(StorageEvent.Kind.DIVERGED);
    assertThat(setAside("old")).hasSize(1);
    Path kept = parent.resolve("old").resolve(setAside("old").get(0));
    try (DoSQL other = DoSQL.open(DBOptions.builder().directory(parent.resolve("kept")).build())) {
      other.importFile("acme", kept);
      assertThat(other.db("acme").query(String.class, ALL)).containsExactly("first", "other");
    }
  }

  @Test
  void sameName_madeWithoutTheBucket_isKeptAside() throws IOException {
    write("one", "first");
    try (DoSQL tenants = DoSQL.open(DBOptions.builder().directory(parent.resolve("two")).build())) {
      tenants.db("acme").exec(TABLE);
    }
    assertThat(read("two")).containsExactly("first");
    assertThat(setAside("two")).hasSize(1);
  }

  @Test
  void unreachable_localFile_isOpened_orRefused() {
    write("one", "first");
    store.down(true);
    assertThat(read("one")).containsExactly("first");
    assertThat(kinds()).contains(StorageEvent.Kind.UNREACHABLE);
    try (DoSQL tenants = DoSQL.open(options("one").openWhenUnreachable(false).build())) {
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> tenants.db("acme").query(ALL))
          .withMessageContaining("openWhenUnreachable");
      store.down(false);
      assertThat(tenants.db("acme").query(String.class, ALL)).containsExactly("first");
    }
  }

  @Test
  void unreachable_noLocalFile_isNeverTakenForANewTenant() {
    write("one", "first");
    store.down(true);
    try (DoSQL tenants = open("two")) {
      assertThatExceptionOfType(StorageException.class)
          .isThrownBy(() -> tenants.db("acme").query(ALL));
      assertThatExceptionOfType(StorageException.class).isThrownBy(() -> tenants.find("acme"));
      store.down(false);
      assertThat(tenants.db("acme").query(String.class, ALL)).containsExactly("first");
    }
  }

  @Test
  void delete_isToldToTheBucket_andAnOldDiskDoesNotBringItBack() throws IOException {
    write("one", "first");
    copy("one", "old");
    try (DoSQL tenants = open("one")) {
      tenants.delete("acme");
      assertThat(tenants.find("acme")).isEmpty();
    }
    try (DoSQL tenants = DoSQL.open(options("old").createIfMissing(false).build())) {
      assertThatExceptionOfType(TenantNotFoundException.class)
          .isThrownBy(() -> tenants.db("acme").query(ALL));
    }
    assertThat(setAside("old")).hasSize(1);
    write("one", "again");
    assertThat(read("one")).containsExactly("again");
    assertThat(read("two")).containsExactly("again");
  }

  @Test
  void delete_whileTheBucketIsDown_isToldLater() {
    write("one", "first");
    try (DoSQL tenants = open("one")) {
      store.down(true);
      tenants.delete("acme");
      assertThat(tenants.find("acme")).isEmpty();
      store.down(false);
    }
    try (DoSQL tenants = open("one")) {
      assertThat(tenants.find("acme")).isEmpty();
      tenants.db("acme").exec(TABLE);
      assertThat(tenants.db("acme").query(String.class, ALL)).isEmpty();
    }
    assertThat(read("two")).isEmpty();
  }

  @Test
  void rename_isAnotherTenantInTheBucket() {
    write("one", "first");
    try (DoSQL tenants = open("one")) {
      tenants.rename("acme", "globex");
      assertThat(tenants.db("globex").query(String.class, ALL)).containsExactly("first");
    }
    try (DoSQL tenants = open("two")) {
      assertThat(tenants.find("acme")).isEmpty();
      assertThat(tenants.db("globex").query(String.class, ALL)).containsExactly("first");
    }
  }

  @Test
  void rename_ofATenantThatIsOnlyInTheBucket_bringsItBack() {
    write("one", "first");
    try (DoSQL tenants = open("two")) {
      tenants.rename("acme", "globex");
      assertThat(tenants.db("globex").query(String.class, ALL)).containsExactly("first");
      assertThat(tenants.find("acme")).isEmpty();
    }
  }

  @Test
  void create_ofATenantThatIsOnlyInTheBucket_isRefused() {
    write("one", "first");
    try (DoSQL tenants = open("two")) {
      assertThatExceptionOfType(TenantExistsException.class)
          .isThrownBy(() -> tenants.create("acme"));
      assertThat(tenants.db("acme").query(String.class, ALL)).containsExactly("first");
    }
  }

  @Test
  void tenants_listsThoseThatAreOnlyInTheBucket() {
    String longName = "x".repeat(150);
    try (DoSQL tenants = open("one")) {
      for (String name : List.of("acme", "Globex Corp.", longName)) {
        tenants.db(name).exec(TABLE);
      }
    }
    try (DoSQL tenants = open("two")) {
      assertThat(tenants.tenants())
          .extracting(TenantInfo::name, TenantInfo::state)
          .containsExactlyInAnyOrder(
              tuple("acme", TenantInfo.State.COLD),
              tuple("Globex Corp.", TenantInfo.State.COLD),
              tuple(longName, TenantInfo.State.COLD));
    }
  }

  @Test
  void bucketEmptiedBehindUs_getsTheTenantWhole() throws IOException {
    write("one", "first");
    for (var each : memory.list("", "", 1000)) {
      memory.delete(each.key());
    }
    write("one", "second");
    assertThat(kinds()).contains(StorageEvent.Kind.WHOLE_IMAGE);
    assertThat(read("two")).containsExactly("first", "second");
  }

  @Test
  void existingDirectory_thatGetsABucket_isShippedByItself() throws Exception {
    try (DoSQL tenants = DoSQL.open(DBOptions.builder().directory(parent.resolve("one")).build())) {
      tenants.db("acme").exec(TABLE);
      tenants.db("acme").run(INSERT, "from before");
    }
    try (DoSQL tenants = open("one")) {
      Waits.until(
          "is opened for it",
          () -> tenants.shipping().total().puts() > 0 || !tenants.shipping().lag().isZero());
    }
    assertThat(read("two")).containsExactly("from before");
  }

  @Test
  void migration_onOpen_isShipped() throws IOException {
    Path migrations = Files.createDirectories(parent.resolve("migrations"));
    Files.writeString(migrations.resolve("001_t.sql"), TABLE + ";");
    try (DoSQL tenants = DoSQL.open(options("one").migrations(migrations).build())) {
      tenants.db("acme").run(INSERT, "first");
    }
    Files.writeString(migrations.resolve("002_more.sql"), "ALTER TABLE t ADD COLUMN w TEXT;");
    try (DoSQL tenants = DoSQL.open(options("one").migrations(migrations).build())) {
      FleetReport report = tenants.migrateAll(FleetOptions.builder().build());
      assertThat(report.failures()).isEmpty();
    }
    try (DoSQL tenants = DoSQL.open(options("two").build())) {
      assertThat(tenants.db("acme").query("SELECT v, w FROM t")).hasSize(1);
    }
    assertThat(kinds()).doesNotContain(StorageEvent.Kind.WHOLE_IMAGE);
  }

  /** Has the next claim end before its fence is put, as a crash would. */
  private void claimThatDies(String directory) {
    dies("replica.claimed", directory);
  }

  /** Has the opening end at a point. */
  private void dies(String where, String directory) {
    FailPoints.onReached(
        point -> {
          if (point.equals(where)) {
            throw new IllegalStateException("died");
          }
        });
    try (DoSQL tenants = open(directory)) {
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(() -> tenants.db("acme").query(ALL));
    } finally {
      FailPoints.onReached(null);
    }
  }

  private void writeDurably(String directory, String value) {
    try (DoSQL tenants = open(directory)) {
      DB acme = tenants.db("acme");
      acme.run(INSERT, value);
      acme.awaitDurable(acme.bookmark(), SOON);
    }
  }

  @Test
  void takeover_thatDiedBeforeItsFence_isCompletedByTheNextOpening() {
    write("one", "first");
    claimThatDies("two");
    writeDurably("two", "second");
    assertThat(kinds()).containsExactly(StorageEvent.Kind.HYDRATED);
    assertThat(read("three")).containsExactly("first", "second");
  }

  @Test
  void takeover_thatDiedBeforeItsFence_leavesTheTenantToItsFirstOwner() {
    write("one", "first");
    claimThatDies("two");
    writeDurably("one", "second");
    assertThat(kinds()).containsExactly(StorageEvent.Kind.WHOLE_IMAGE);
    assertThat(read("three")).containsExactly("first", "second");
  }

  @Test
  void takeover_whileTheFirstIsOutOfReach_isNotTakenBack() throws Exception {
    write("one", "first");
    store.down(true);
    try (DoSQL first = open("one")) {
      first.db("acme").run(INSERT, "unheard");
      store.down(false);
      try (DoSQL second = open("two")) {
        second.db("acme").run(INSERT, "second");
        Bookmark bookmark = first.db("acme").bookmark();
        assertThatExceptionOfType(FencedException.class)
            .isThrownBy(() -> first.db("acme").awaitDurable(bookmark, SOON))
            .withMessageContaining("another process owns the tenant in the bucket");
        assertThatExceptionOfType(FencedException.class)
            .isThrownBy(() -> first.db("acme").run(INSERT, "unheard as well"));
        second.db("acme").awaitDurable(second.db("acme").bookmark(), SOON);
      }
    }
    assertThat(read("three")).containsExactly("first", "second");
  }

  @Test
  void takeover_thatDiedAfterItsHistoryWasBegun_isGoneOnWith() {
    write("one", "first");
    claimThatDies("two");
    for (String point : List.of("handshake.begun", "replica.claimed", "replica.fenced")) {
      dies(point, "one");
    }
    writeDurably("one", "second");
    assertThat(kinds()).doesNotContain(StorageEvent.Kind.DIVERGED);
    assertThat(read("three")).containsExactly("first", "second");
  }

  @Test
  void degraded_thenRestarted_isNeverReplacedByTheOlderStateOfTheBucket() throws Exception {
    Shipping small =
        Shipping.builder().shipInterval(Duration.ofMillis(50)).queueBytesMax(65_536).build();
    try (DoSQL tenants = DoSQL.open(options("one").shipping(small).build())) {
      DB acme = tenants.db("acme");
      acme.exec(TABLE);
      acme.awaitDurable(acme.bookmark(), SOON);
      store.down(true);
      for (int i = 0; i < 40; i++) {
        acme.run("INSERT INTO t(v) VALUES (hex(randomblob(20000)))");
        acme.bookmark();
      }
      Waits.until("given up", () -> kinds().contains(StorageEvent.Kind.DEGRADED));
    }
    store.down(false);
    assertThat(read("one")).hasSize(40);
    assertThat(kinds()).doesNotContain(StorageEvent.Kind.DIVERGED);
    assertThat(setAside("one")).isEmpty();
    assertThat(read("two")).hasSize(40);
  }

  @Test
  void interrupt_duringTheHandshake_isToldAndDoesNotTurnItOff() throws Exception {
    write("one", "first");
    copy("one", "old");
    write("one", "second");
    store.latency(Duration.ofMillis(300));
    try (DoSQL tenants = open("old")) {
      Caller caller = Callers.start(() -> tenants.db("acme").query(String.class, ALL));
      Thread.sleep(150);
      caller.interrupt();
      assertThatExceptionOfType(InterruptedQueryException.class).isThrownBy(caller::join);
      store.latency(Duration.ZERO);
      assertThat(tenants.db("acme").query(String.class, ALL)).containsExactly("first", "second");
    }
    assertThat(kinds()).contains(StorageEvent.Kind.ROLLED_FORWARD);
    assertThat(kinds()).doesNotContain(StorageEvent.Kind.UNREACHABLE);
  }

  @Test
  void suspension_ofATenantThatIsOnlyInTheBucket_stays() {
    write("one", "first");
    for (int i = 0; i < 2; i++) {
      try (DoSQL tenants = open("two")) {
        tenants.suspend("acme");
        assertThatExceptionOfType(TenantSuspendedException.class)
            .isThrownBy(() -> tenants.db("acme").query(ALL));
        assertThatExceptionOfType(TenantExistsException.class)
            .isThrownBy(() -> tenants.create("acme")); // Brings it here.
        assertThatExceptionOfType(TenantSuspendedException.class)
            .isThrownBy(() -> tenants.db("acme").query(ALL));
      }
    }
    try (DoSQL tenants = open("two")) {
      tenants.resume("acme");
      assertThat(tenants.db("acme").query(String.class, ALL)).containsExactly("first");
    }
  }

  @Test
  void tenant_namedNode_isATenantLikeOthers() {
    try (DoSQL tenants = open("one")) {
      tenants.db("node").exec(TABLE);
      tenants.db("node").run(INSERT, "first");
    }
    try (DoSQL tenants = open("two")) {
      assertThat(tenants.db("node").query(String.class, ALL)).containsExactly("first");
    }
  }

  @Test
  void diverged_isTold_alsoIfTheBucketCannotBeRestored() throws Exception {
    write("one", "first");
    try (DoSQL tenants = DoSQL.open(DBOptions.builder().directory(parent.resolve("two")).build())) {
      tenants.db("acme").exec(TABLE);
    }
    for (var each : memory.list("", "", 1000)) {
      if (each.key().endsWith(".ltx")) {
        memory.delete(each.key());
        memory.put(each.key(), new byte[7], PutOptions.ifAbsent());
      }
    }
    try (DoSQL tenants = open("two")) {
      assertThatExceptionOfType(CorruptObjectException.class)
          .isThrownBy(() -> tenants.db("acme").query(ALL));
    }
    assertThat(kinds()).containsExactly(StorageEvent.Kind.DIVERGED);
    assertThat(setAside("two")).hasSize(1);
  }

  @Test
  void bringingBack_thatDies_isDoneAnew() throws IOException {
    write("one", "first");
    for (String point :
        List.of(
            "replica.claimed",
            "replica.fenced",
            "replica.restored",
            "replica.placed",
            "capture.mark.renamed",
            "capture.position.forced",
            "capture.position.renamed")) {
      dies(point, point);
      assertThat(parent.resolve(point + "/acme.db")).as(point).doesNotExist();
      assertThat(read(point)).as(point).containsExactly("first");
      assertThat(setAside(point)).as(point).isEmpty();
    }
    assertThat(kinds()).doesNotContain(StorageEvent.Kind.DIVERGED);
  }

  @Test
  void bringingBack_thatDiesOnceTheFileHasItsName_isGoneOnWith() throws IOException {
    write("one", "first");
    dies("handshake.named", "two");
    assertThat(parent.resolve("two/acme.db")).exists();
    write("two", "second");
    assertThat(read("three")).containsExactly("first", "second");
    assertThat(kinds()).doesNotContain(StorageEvent.Kind.DIVERGED, StorageEvent.Kind.WHOLE_IMAGE);
  }

  @Test
  void bringingBack_whoseMarkAPowerCutTakes_isGoneOnWith() throws IOException {
    write("one", "first");
    read("two");
    Files.write(parent.resolve("two/.dosql/replicas/acme/mark"), new byte[0]);
    write("two", "second");
    assertThat(read("three")).containsExactly("first", "second");
    assertThat(kinds()).doesNotContain(StorageEvent.Kind.DIVERGED);
  }

  /** What a machine that has nothing but the bucket finds of a tenant. */
  private List<String> elsewhere(DoSQL tenants, String tenant) {
    Path file = parent.resolve(tenant + System.nanoTime());
    tenants.restoreTo(tenant, file);
    try (DoSQL other =
        DoSQL.open(DBOptions.builder().directory(parent.resolve(file + ".imported")).build())) {
      other.importFile(tenant, file);
      return other.db(tenant).query(String.class, ALL);
    }
  }

  private boolean isInTheBucket(DoSQL tenants, String tenant) {
    try {
      elsewhere(tenants, tenant);
      return true;
    } catch (TenantNotFoundException e) {
      return false;
    }
  }

  private DBOptions.Builder often(String directory) {
    return options(directory)
        .idleTimeout(Duration.ofMillis(400))
        .shipping(Shipping.builder().shipInterval(Duration.ofMillis(50)).build());
  }

  @Test
  void rename_isShippedByItself_andTheBucketHasOneOfTheNamesAllTheTime() throws Exception {
    write("one", "first");
    try (DoSQL tenants = DoSQL.open(often("one").build())) {
      tenants.db("acme").query(ALL);
      tenants.rename("acme", "globex");
      assertThat(tenants.find("acme")).isEmpty();
      assertThat(isInTheBucket(tenants, "acme") || isInTheBucket(tenants, "globex")).isTrue();
      Waits.until("new name", () -> isInTheBucket(tenants, "globex"));
      Waits.until("old name", () -> !isInTheBucket(tenants, "acme"));
      assertThat(elsewhere(tenants, "globex")).containsExactly("first");
    }
  }

  @Test
  void rename_bucketDurability_isInTheBucketWhenItReturns() {
    write("one", "first");
    try (DoSQL tenants = DoSQL.open(options("one").durability(Durability.BUCKET).build())) {
      tenants.rename("acme", "globex");
      assertThat(elsewhere(tenants, "globex")).containsExactly("first");
      assertThat(isInTheBucket(tenants, "acme")).isFalse();
      tenants.rename("globex", "acme");
      assertThat(elsewhere(tenants, "acme")).containsExactly("first");
      assertThat(isInTheBucket(tenants, "globex")).isFalse();
    }
  }

  @Test
  void import_bucketDurability_isInTheBucketWhenItReturns() {
    Path file = parent.resolve("source.db");
    write("one", "first");
    try (DoSQL tenants = DoSQL.open(options("one").durability(Durability.BUCKET).build())) {
      tenants.db("acme").exportTo(file);
      tenants.importFile("globex", file);
      assertThat(elsewhere(tenants, "globex")).containsExactly("first");
    }
  }

  @Test
  void import_isShippedByItself() throws Exception {
    Path file = parent.resolve("source.db");
    write("one", "first");
    try (DoSQL tenants = DoSQL.open(often("one").build())) {
      tenants.db("acme").exportTo(file);
      tenants.importFile("globex", file);
      Waits.until("shipped", () -> isInTheBucket(tenants, "globex"));
    }
  }

  @Test
  void delete_whileTheBucketIsDown_isToldByTheSameProcess_alsoOfAHashedName() throws Exception {
    String longName = "x".repeat(150);
    try (DoSQL tenants = DoSQL.open(often("one").build())) {
      for (String name : List.of("acme", longName)) {
        tenants.db(name).exec(TABLE);
        tenants.db(name).awaitDurable(tenants.db(name).bookmark(), SOON);
      }
      store.down(true);
      tenants.delete("acme");
      tenants.delete(longName);
      store.down(false);
      assertThat(tenants.tenants()).isEmpty();
      Waits.until("told", () -> !isInTheBucket(tenants, "acme"));
      Waits.until("told", () -> !isInTheBucket(tenants, longName));
    }
  }

  @Test
  void create_thatFails_leavesNothingThatIsShippedLater() throws Exception {
    DBOptions options =
        often("one")
            .durability(Durability.BUCKET)
            .shipping(
                Shipping.builder()
                    .shipInterval(Duration.ofMillis(50))
                    .bucketTimeout(Duration.ofMillis(300))
                    .build())
            .build();
    try (DoSQL tenants = DoSQL.open(options)) {
      store.latency(Duration.ofMillis(200));
      assertThatExceptionOfType(CommitInDoubtException.class)
          .isThrownBy(() -> tenants.create("acme"));
      store.latency(Duration.ZERO);
      assertThat(tenants.find("acme")).isEmpty();
      Thread.sleep(1_000);
      assertThat(tenants.tenants()).isEmpty();
      tenants.create("acme");
    }
  }

  @Test
  void bucketDurability_bucketAwayAtOpening_isOpenedAndProbedLater() {
    try (DoSQL tenants = DoSQL.open(options("one").durability(Durability.BUCKET).build())) {
      tenants.db("acme").exec(TABLE);
      tenants.db("acme").run(INSERT, "first");
    }
    store.down(true);
    assertThatExceptionOfType(StorageException.class)
        .isThrownBy(
            () ->
                DoSQL.open(
                    options("one")
                        .durability(Durability.BUCKET)
                        .openWhenUnreachable(false)
                        .build()));
    try (DoSQL tenants = DoSQL.open(options("one").durability(Durability.BUCKET).build())) {
      assertThat(tenants.db("acme").query(String.class, ALL)).containsExactly("first");
      store.down(false);
      tenants.db("acme").run(INSERT, "second");
      assertThat(elsewhere(tenants, "acme")).containsExactly("first", "second");
    }
  }

  @Test
  void suspendedTenant_whatACrashHasLeftOfIt_isShipped() throws Exception {
    write("one", "first");
    store.down(true);
    try (DoSQL tenants = open("one")) {
      tenants.db("acme").run(INSERT, "second");
      tenants.suspend("acme");
    }
    store.down(false);
    try (DoSQL tenants = DoSQL.open(often("one").build())) {
      Waits.until("shipped", () -> elsewhere(tenants, "acme").contains("second"));
      assertThatExceptionOfType(TenantSuspendedException.class)
          .isThrownBy(() -> tenants.db("acme").query(ALL));
    }
  }

  @Test
  void tenants_ofManyAreListedInPages() throws Exception {
    try (DoSQL tenants = open("one")) {
      for (int i = 0; i < 30; i++) {
        tenants.db("tenant" + i).exec(TABLE);
      }
      for (int i = 0; i < 2_500; i++) {
        memory.put("tenant1/x/%05d".formatted(i), new byte[0], PutOptions.ifAbsent());
      }
    }
    try (DoSQL tenants = open("two")) {
      long before = store.requests();
      assertThat(tenants.tenants()).hasSize(30);
      assertThat(store.requests() - before).as("a head for each, and few pages").isLessThan(35);
    }
  }

  @Test
  void takeover_byAnotherDirectory_fencesTheFirst() throws Exception {
    try (DoSQL first = DoSQL.open(options("one").durability(Durability.BUCKET).build())) {
      DB acme = first.db("acme");
      acme.exec(TABLE);
      acme.run(INSERT, "first");
      try (DoSQL second = DoSQL.open(options("two").durability(Durability.BUCKET).build())) {
        second.db("acme").run(INSERT, "second");
        CommitInDoubtException doubt =
            catchThrowableOfType(CommitInDoubtException.class, () -> acme.run(INSERT, "zombie"));
        assertThat(doubt).isNotNull();
        assertThatExceptionOfType(FencedException.class)
            .isThrownBy(() -> acme.run(INSERT, "zombie again"));
        Waits.until("event", () -> kinds().contains(StorageEvent.Kind.FENCED));
        second.db("acme").run(INSERT, "third");
      }
    }
    assertThat(read("three")).containsExactly("first", "second", "third");
  }
}
