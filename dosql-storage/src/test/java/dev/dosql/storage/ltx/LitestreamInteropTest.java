package dev.dosql.storage.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dosql.storage.testing.LitestreamCli;
import dev.dosql.storage.testing.LitestreamVfs;
import dev.dosql.storage.testing.LtxOfDatabase;
import dev.dosql.storage.testing.SampleDatabases;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Litestream restores what we write, and we read what it writes. Run with {@code -Pinterop}. */
@Tag("interop")
class LitestreamInteropTest {

  /** Restores the newest state from a directory. */
  private interface Restore {
    void restore(String url, Path target) throws IOException;
  }

  @TempDir Path directory;

  private Path database;
  private Path root;
  private LtxOfDatabase states;

  @BeforeEach
  void nameFiles() {
    database = directory.resolve("source.db");
    root = directory.resolve("replica");
    states = new LtxOfDatabase(root, database);
  }

  static Stream<Arguments> readersAndPageSizes() {
    return Stream.of("vfs", "cli")
        .flatMap(
            reader -> Stream.of(512, 1024, 4096, 65_536).map(size -> Arguments.of(reader, size)));
  }

  @ParameterizedTest
  @MethodSource("readersAndPageSizes")
  void segmentsAlone_areRestoredToTheByte(String reader, int pageSize) throws Exception {
    SampleDatabases.create(database, pageSize, 3_000, pageSize);
    states.segment();
    for (int i = 0; i < 4; i++) {
      SampleDatabases.change(database, 400, i);
      states.segment();
    }
    assertRestored(reader);
  }

  @ParameterizedTest
  @MethodSource("readersAndPageSizes")
  void snapshotAndSegments_areRestoredToTheByte(String reader, int pageSize) throws Exception {
    SampleDatabases.create(database, pageSize, 3_000, pageSize);
    states.segment();
    SampleDatabases.change(database, 400, 1);
    states.segment();
    states.snapshotOfTheSame();
    SampleDatabases.shrink(database);
    states.segment();
    SampleDatabases.change(database, 900, 2);
    states.segment();
    // Nothing but the snapshot is left of the first two.
    for (Path segment : states.files().subList(0, 2)) {
      Files.delete(segment);
    }
    assertRestored(reader);
  }

  @ParameterizedTest
  @MethodSource("readersAndPageSizes")
  void mergedSnapshot_isRestoredToTheByte(String reader, int pageSize) throws Exception {
    SampleDatabases.create(database, pageSize, 2_000, pageSize);
    states.segment();
    for (int i = 0; i < 6; i++) {
      SampleDatabases.change(database, 200, i);
      states.segment();
    }
    SampleDatabases.shrink(database);
    states.segment();
    mergeAll(states.files());
    SampleDatabases.change(database, 200, 9);
    states.segment();
    assertRestored(reader);
  }

  private void mergeAll(List<Path> files) throws IOException {
    List<LtxMerge.Source> sources = files.stream().map(LtxMerge.Source::of).toList();
    Path merged = root.resolve("ltx").resolve("9").resolve(LtxFiles.name(1, files.size()));
    Files.createDirectories(merged.getParent());
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(merged))) {
      LtxMerge.merge(sources, directory, out);
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }

  @ParameterizedTest
  @MethodSource("readersAndPageSizes")
  void fence_amongSegments_changesNothing(String reader, int pageSize) throws Exception {
    SampleDatabases.create(database, pageSize, 1_000, pageSize);
    states.segment();
    Path fence = root.resolve("ltx").resolve("0").resolve(LtxFiles.name(2, 2));
    long commit = Files.size(database) / pageSize;
    try (OutputStream out = Files.newOutputStream(fence)) {
      new LtxWriter(out, new LtxHeader(pageSize, commit, 2, 2, 1_763_823_602_000L, 0, 0, 0, 0, 7))
          .finish();
    }
    assertRestored(reader);
  }

  private void assertRestored(String reader) throws IOException {
    Path restored = directory.resolve("restored.db");
    restore(reader).restore("file://" + root, restored);
    assertThat(restored).hasSameBinaryContentAs(database);
  }

  private static Restore restore(String reader) {
    return reader.equals("vfs") ? vfs()::restore : cli()::restore;
  }

  private static LitestreamVfs vfs() {
    Optional<LitestreamVfs> vfs = LitestreamVfs.find();
    assumeTrue(vfs.isPresent(), LitestreamVfs.WHY_NOT);
    return vfs.orElseThrow();
  }

  private static LitestreamCli cli() {
    Optional<LitestreamCli> cli = LitestreamCli.find();
    assumeTrue(cli.isPresent(), LitestreamCli.WHY_NOT);
    return cli.orElseThrow();
  }

  // ---- the program

  @Test
  void cli_upToATransaction_restoresTheStateOfThatTime() throws Exception {
    LitestreamCli cli = cli();
    System.out.println("litestream " + cli.version());
    SampleDatabases.create(database, 4096, 2_000, 1);
    List<byte[]> expected = new ArrayList<>();
    for (int txid = 1; txid <= 5; txid++) {
      states.segment();
      expected.add(Files.readAllBytes(database));
      if (txid == 3) {
        states.snapshotOfTheSame();
      }
      SampleDatabases.change(database, 300, txid);
    }
    for (int txid = 1; txid <= 5; txid++) {
      Path restored = directory.resolve("restored-" + txid + ".db");
      cli.restore("file://" + root, restored, txid);
      assertThat(restored).hasBinaryContent(expected.get(txid - 1));
    }
  }

  @Test
  void cli_listingFiles_namesAllOfThem() throws Exception {
    LitestreamCli cli = cli();
    SampleDatabases.create(database, 4096, 500, 1);
    states.segment();
    SampleDatabases.change(database, 300, 2);
    states.segment();
    states.snapshotOfTheSame();
    String listed = cli.list("file://" + root).replaceAll("\\s", "");
    assertThat(listed).contains("0000000000000001", "0000000000000002");
    for (Path file : states.files()) {
      assertThat(listed).contains("\"size\":" + Files.size(file));
    }
  }

  @Test
  void cli_onADamagedFile_fails() throws Exception {
    LitestreamCli cli = cli();
    SampleDatabases.create(database, 4096, 500, 1);
    Path segment = states.segment();
    byte[] bytes = Files.readAllBytes(segment);
    bytes[bytes.length - 1]++;
    Files.write(segment, bytes);
    assertThatThrownBy(() -> cli.restore("file://" + root, directory.resolve("restored.db")))
        .hasMessageContaining("checksum mismatch");
  }

  @Test
  void filesOfTheCli_areReadAndGiveItsDatabase() throws Exception {
    LitestreamCli cli = cli();
    SampleDatabases.create(database, 4096, 3_000, 1);
    for (int i = 0; i < 4; i++) {
      cli.run("replicate", "-once", database.toString(), "file://" + root);
      SampleDatabases.change(database, 300, i);
    }
    Path restored = directory.resolve("restored.db");
    cli.restore("file://" + root, restored);
    assertThat(restoredByUs()).hasSameBinaryContentAs(restored);
  }

  /** The way out: whoever leaves us goes on with Litestream on the same bucket. */
  @Test
  void cli_takingOverOurReplica_goesOnWithIt() throws Exception {
    LitestreamCli cli = cli();
    SampleDatabases.create(database, 4096, 1_000, 1);
    for (int i = 0; i < 3; i++) {
      states.segment();
      SampleDatabases.change(database, 300, i);
    }
    for (int i = 0; i < 2; i++) {
      cli.run("replicate", "-once", database.toString(), "file://" + root);
      SampleDatabases.change(database, 300, 10 + i);
    }
    cli.run("replicate", "-once", database.toString(), "file://" + root);
    Path restored = directory.resolve("restored.db");
    cli.restore("file://" + root, restored);
    assertThat(SampleDatabases.rows(restored)).isEqualTo(SampleDatabases.rows(database));
    cli.restore("file://" + root, directory.resolve("again.db"));
    assertThat(restoredByUs()).hasSameBinaryContentAs(directory.resolve("again.db"));
  }

  private Path restoredByUs() throws IOException {
    Path ours = directory.resolve("ours.db");
    try (RandomAccessFile file = new RandomAccessFile(ours.toFile(), "rw")) {
      DatabaseImage image = DatabaseImage.empty(file);
      for (Path segment : files(root.resolve("ltx").resolve("0"))) {
        try (InputStream in = Files.newInputStream(segment)) {
          image.apply(new LtxReader(in, String.valueOf(segment.getFileName())));
        }
      }
      assertThat(image.txid()).isGreaterThan(1);
    }
    return ours;
  }

  private static List<Path> files(Path level) throws IOException {
    try (Stream<Path> files = Files.list(level)) {
      return files.sorted(Comparator.comparing(file -> file.getFileName().toString())).toList();
    }
  }
}
