package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.S3ObjectStore;
import dev.dosql.storage.testing.LitestreamCli;
import dev.dosql.storage.testing.LitestreamVfs;
import dev.dosql.storage.testing.S3TestServer;
import dev.dosql.testing.Waits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Litestream restores, over S3, what this library has put there: to the byte what {@link
 * DoSQL#restoreTo} restores, and what the file is here. Run with {@code -Pinterop}.
 */
@Tag("interop")
@Timeout(300)
class LitestreamTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String SEGMENTS = "/0000/";
  private static final String SNAPSHOTS = "/0009/";
  private static final Map<String, String> CREDENTIALS =
      Map.of(
          "AWS_ACCESS_KEY_ID", S3TestServer.ACCESS_KEY,
          "AWS_SECRET_ACCESS_KEY", S3TestServer.SECRET_KEY,
          "LITESTREAM_ACCESS_KEY_ID", S3TestServer.ACCESS_KEY,
          "LITESTREAM_SECRET_ACCESS_KEY", S3TestServer.SECRET_KEY,
          "AWS_REGION", "us-east-1",
          "AWS_CA_BUNDLE", ""); // With one, its client cannot be made.

  @TempDir Path parent;

  private S3TestServer server;
  private ObjectStore store;

  @BeforeEach
  void startServer() throws IOException {
    server = S3TestServer.start();
    store =
        S3ObjectStore.builder(S3TestServer.BUCKET)
            .prefix("tenants")
            .endpoint(server.endpoint())
            .region("us-east-1")
            .credentials(S3TestServer.ACCESS_KEY, S3TestServer.SECRET_KEY)
            .build();
  }

  @AfterEach
  void stopServer() throws IOException {
    store.close();
    server.close();
  }

  private DBOptions options(String directory) {
    return DBOptions.builder()
        .directory(parent.resolve(directory))
        .cold(store)
        .shipping(Shipping.builder().shipInterval(Duration.ofMillis(20)).build())
        .build();
  }

  private List<String> keys(String part) {
    return server.keys(S3TestServer.BUCKET).stream().filter(key -> key.contains(part)).toList();
  }

  private static void commit(DB acme, int rows) {
    for (int i = 0; i < rows; i++) {
      acme.run("INSERT INTO t(v) VALUES(hex(randomblob(200)))");
      if (i % 5 == 0) {
        acme.awaitDurable(acme.bookmark(), SOON);
      }
    }
    acme.awaitDurable(acme.bookmark(), SOON);
  }

  /** Commits whose log is longer than the database, until it has a snapshot. */
  private void commitUntilSnapshot(DB acme) throws InterruptedException {
    Waits.until(
        "snapshot",
        () -> {
          acme.run("INSERT OR REPLACE INTO t(id, v) VALUES(1, hex(randomblob(5000)))");
          acme.awaitDurable(acme.bookmark(), SOON);
          return !keys(SNAPSHOTS).isEmpty();
        });
  }

  /** Leaves nothing of what the newest snapshot holds. */
  private void dropSegmentsOfSnapshot() {
    List<String> snapshots = keys(SNAPSHOTS);
    String last = snapshots.get(snapshots.size() - 1).replaceAll(".*-(\\w+)\\.ltx", "$1");
    for (String key : keys(SEGMENTS)) {
      if (key.replaceAll(".*-(\\w+)\\.ltx", "$1").compareTo(last) <= 0) {
        server.remove(S3TestServer.BUCKET, key);
      }
    }
    snapshots.subList(0, snapshots.size() - 1).forEach(this::remove);
  }

  private void remove(String key) {
    server.remove(S3TestServer.BUCKET, key);
  }

  /** Where Litestream finds the only lineage of the tenant. */
  private String url() {
    String key = keys(SEGMENTS).get(0);
    return "s3://"
        + S3TestServer.BUCKET
        + "/"
        + key.substring(0, key.indexOf(SEGMENTS))
        + "?endpoint="
        + server.endpoint()
        + "&region=us-east-1&forcePathStyle=true";
  }

  /** A restore by somebody, into a file. */
  @FunctionalInterface
  private interface Restore {
    void restore(String url, Path target) throws IOException;
  }

  private static Restore restore(String reader) {
    if (reader.equals("vfs")) {
      Optional<LitestreamVfs> vfs = LitestreamVfs.find();
      assumeTrue(vfs.isPresent(), LitestreamVfs.WHY_NOT);
      return (url, target) -> vfs.get().restore(url, target, CREDENTIALS);
    }
    LitestreamCli cli = cli();
    return (url, target) -> cli.run(CREDENTIALS, "restore", "-o", target.toString(), url);
  }

  private static LitestreamCli cli() {
    Optional<LitestreamCli> cli = LitestreamCli.find();
    assumeTrue(cli.isPresent(), LitestreamCli.WHY_NOT);
    return cli.get();
  }

  private void assertSame(String reader) throws IOException {
    Path live = parent.resolve("one/acme.db");
    Path ours = parent.resolve("ours.db");
    Path theirs = parent.resolve("theirs.db");
    try (DoSQL elsewhere = DoSQL.open(options("elsewhere"))) {
      elsewhere.restoreTo("acme", ours);
    }
    assertThat(live).as("live").hasSameBinaryContentAs(ours);
    restore(reader).restore(url(), theirs);
    assertThat(theirs).as(reader).hasSameBinaryContentAs(ours);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "cli"})
  void tenant_ofSegmentsAlone_isRestoredByLitestreamToTheByte(String reader) throws Exception {
    restore(reader);
    try (DoSQL tenants = DoSQL.open(options("one"))) {
      DB acme = tenants.db("acme");
      acme.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
      commit(acme, 20);
      acme.exec("CREATE INDEX t_v ON t(v); DELETE FROM t WHERE id < 5");
      acme.vacuum();
      commit(acme, 3);
    }
    keys(SNAPSHOTS).forEach(this::remove);
    assertThat(keys(SEGMENTS)).hasSizeGreaterThan(5);
    assertSame(reader);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vfs", "cli"})
  void tenant_ofSnapshotAndSegments_isRestoredByLitestreamToTheByte(String reader)
      throws Exception {
    restore(reader);
    try (DoSQL tenants = DoSQL.open(options("one"))) {
      DB acme = tenants.db("acme");
      acme.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
      commit(acme, 20);
      commitUntilSnapshot(acme);
      commit(acme, 12);
      tenants.db("other").exec("CREATE TABLE t(id)");
      tenants.delete("other");
    }
    server.keys(S3TestServer.BUCKET).stream()
        .filter(key -> !key.contains("/acme/"))
        .forEach(this::remove);
    dropSegmentsOfSnapshot();
    assertSame(reader);
  }

  @Test
  void tenant_takenOver_isRestoredByLitestreamToTheByte() throws Exception {
    restore("vfs");
    try (DoSQL tenants = DoSQL.open(options("first"))) {
      tenants.db("acme").exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
      commit(tenants.db("acme"), 10);
    }
    try (DoSQL tenants = DoSQL.open(options("one"))) { // Puts its fence among the segments.
      commit(tenants.db("acme"), 10);
    }
    assertSame("vfs");
  }

  @Test
  void cli_listsWhatIsThere_andRestoresAnEarlierState() throws Exception {
    LitestreamCli cli = cli();
    List<String> rows;
    Bookmark early;
    try (DoSQL tenants = DoSQL.open(options("one"))) {
      DB acme = tenants.db("acme");
      acme.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
      commit(acme, 7);
      early = acme.bookmark();
      rows = acme.query(String.class, "SELECT v FROM t ORDER BY id");
      commit(acme, 20);
    }
    String listed = cli.run(CREDENTIALS, "ltx", "-level", "all", "-json", url());
    for (String key : keys(SEGMENTS)) {
      assertThat(listed).contains(key.replaceAll(".*/(\\w+)-\\w+\\.ltx", "$1"));
    }
    Path restored = parent.resolve("early.db");
    String txid = "%016x".formatted(early.txid());
    cli.run(CREDENTIALS, "restore", "-txid", txid, "-o", restored.toString(), url());
    try (DoSQL other = DoSQL.open(DBOptions.builder().directory(parent.resolve("other")).build())) {
      other.importFile("acme", restored);
      assertThat(other.db("acme").query(String.class, "SELECT v FROM t ORDER BY id"))
          .isEqualTo(rows);
    }
  }
}
