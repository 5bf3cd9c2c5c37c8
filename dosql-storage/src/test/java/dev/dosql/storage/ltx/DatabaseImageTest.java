package dev.dosql.storage.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.testing.LtxOfDatabase;
import dev.dosql.storage.testing.SampleDatabases;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseImageTest {

  @TempDir Path directory;

  private Path path;
  private RandomAccessFile file;

  @BeforeEach
  void openFile() throws IOException {
    path = directory.resolve("restored.db");
    Files.write(path, new byte[100_000]);
    file = new RandomAccessFile(path.toFile(), "rw");
  }

  @AfterEach
  void closeFile() throws IOException {
    file.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 4096, 65_536})
  void files_appliedOneByOne_giveEachState(int pageSize) throws Exception {
    History history = new History(Samples.random(), pageSize);
    DatabaseImage image = DatabaseImage.empty(file);
    assertThat(image.txid()).isZero();
    for (int txid = 1; txid <= 30; txid++) {
      history.commit();
      image.apply(Samples.reader(history.files(txid, txid).get(0)));
      assertThat(image.txid()).isEqualTo(txid);
      assertThat(Files.readAllBytes(path)).isEqualTo(history.database(txid));
    }
  }

  @Test
  void files_appliedToADatabaseThatWasThere_goOnFromIt() throws Exception {
    History history = new History(Samples.random(), 1024);
    for (int txid = 1; txid <= 9; txid++) {
      history.commit();
    }
    Files.write(path, history.database(6));
    DatabaseImage image = DatabaseImage.at(file, 1024, 6);
    for (byte[] segment : history.files(7, 9)) {
      image.apply(Samples.reader(segment));
    }
    assertThat(Files.readAllBytes(path)).isEqualTo(history.database(9));
  }

  @Test
  void realDatabase_throughFiles_isTheSame() throws Exception {
    Path source = directory.resolve("source.db");
    SampleDatabases.create(source, 4096, 5_000, 1);
    LtxOfDatabase states = new LtxOfDatabase(directory.resolve("ltx"), source);
    states.snapshot();
    SampleDatabases.change(source, 500, 2);
    states.segment();
    SampleDatabases.shrink(source);
    states.segment();
    SampleDatabases.change(source, 3_000, 3);
    states.segment();
    DatabaseImage image = DatabaseImage.empty(file);
    for (Path segment : states.files()) {
      image.apply(Samples.reader(Files.readAllBytes(segment)));
    }
    assertThat(path).hasSameBinaryContentAs(source);
  }

  @Test
  void file_thatDoesNotGoOn_isRefused() throws Exception {
    History history = new History(Samples.random(), 512);
    for (int txid = 1; txid <= 3; txid++) {
      history.commit();
    }
    DatabaseImage image = DatabaseImage.empty(file);
    assertThatThrownBy(() -> image.apply(Samples.reader(history.files(2, 2).get(0))))
        .isInstanceOf(LtxFormatException.class)
        .hasMessageContaining("minTxid=2, needed 1, as nothing is before it");
    image.apply(Samples.reader(history.files(1, 1).get(0)));
    assertThatThrownBy(() -> image.apply(Samples.reader(history.files(3, 3).get(0))))
        .isInstanceOf(LtxFormatException.class)
        .hasMessageContaining("minTxid=3, needed one more than 1");
    image.apply(Samples.reader(history.files(2, 2).get(0)));
    assertThat(Files.readAllBytes(path)).isEqualTo(history.database(2));
  }

  @Test
  void database_ofAnotherLength_isRefused() throws Exception {
    file.setLength(1000);
    assertThatThrownBy(() -> DatabaseImage.at(file, 512, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("length=1000");
    file.setLength(0);
    assertThatThrownBy(() -> DatabaseImage.at(file, 512, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** The file is sparse: it takes a few pages of the disk. */
  @Test
  void growth_beyondTheLockPage_leavesThatPageZero() throws Exception {
    int pageSize = 65_536;
    file.setLength(16_383L * pageSize);
    DatabaseImage image = DatabaseImage.at(file, pageSize, 4);
    SortedMap<Long, byte[]> pages = new TreeMap<>();
    for (long pgno : new long[] {16_384, 16_386, 16_387}) {
      pages.put(pgno, Samples.page(pageSize, Samples.random()));
    }
    image.apply(Samples.reader(Samples.write(Samples.header(pageSize, 16_387, 5, 5), pages)));
    assertThat(file.length()).isEqualTo(16_387L * pageSize);
    byte[] seen = new byte[pageSize];
    for (long pgno = 16_383; pgno <= 16_387; pgno++) {
      file.seek((pgno - 1) * pageSize);
      file.readFully(seen);
      assertThat(seen).isEqualTo(pages.getOrDefault(pgno, new byte[pageSize]));
    }
  }
}
