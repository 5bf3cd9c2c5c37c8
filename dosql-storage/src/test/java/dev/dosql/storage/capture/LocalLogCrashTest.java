package dev.dosql.storage.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.capture.ForeignProcess.Ended;
import dev.dosql.storage.ltx.LtxReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The owner's process halts at each step; what it said was done has to be there. */
class LocalLogCrashTest {

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "capture.copied 1",
        "capture.written 1",
        "capture.written 4",
        "capture.forced 2",
        "capture.wal.forced 3",
        "capture.renamed 1",
        "capture.renamed 5",
        "capture.done 4",
        "capture.forgotten 1",
        "capture.position.forced 1",
        "capture.position.forced 3",
        "capture.position.renamed 2",
        "capture.shipped.deleted 2",
        "capture.mark.forced 1",
        "capture.mark.forced 3",
        "capture.mark.renamed 2",
        "test.committed 7",
        "test.spilled 3",
        "test.passive 2",
        "test.noted 2",
        "test.truncated 1",
        "test.begunAnew 2",
        "test.closed 2",
        "test.put 3"
      })
  void crash_atAStep_losesNothingAndGoesOn(String step) throws Exception {
    long seed = System.nanoTime();
    List<String> args = List.of(directory.toString(), Long.toString(seed));
    Ended ended =
        ForeignProcess.run(
            CrashingOwner.class, Stream.concat(args.stream(), Stream.of(step.split(" "))).toList());
    try {
      boolean cameToItsEnd = ended.output().endsWith("end\n");
      assertThat(ended.code()).isEqualTo(cameToItsEnd ? 0 : ForeignProcess.HALTED);
      checkAndGoOn(ended.output().lines().toList());
    } catch (Exception | AssertionError e) {
      throw new AssertionError("seed=%d: %s".formatted(seed, ended.output()), e);
    }
  }

  private void checkAndGoOn(List<String> said) throws Exception {
    Path database = directory.resolve("live.db");
    try (LiveDatabase live = LiveDatabase.open(database, 4096);
        LocalLog log = LocalLog.open(directory.resolve("log"), database)) {
      assertThat(log.damage()).isEmpty();
      if (log.position().isEmpty()) {
        assertThat(said).isEmpty();
        log.begin(CrashingOwner.LINEAGE);
      }
      boolean hasImage = log.position().orElseThrow().txid() > 0;
      log.capture(live::copyTo, 2)
          .filter(segment -> hasImage)
          .ifPresent(segment -> assertThat(segment.imageReason()).isNull());
      Files.createDirectories(directory.resolve("bucket"));
      CrashingOwner.ship(directory, log);
      live.run("CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b)");
      live.run("INSERT INTO t VALUES(1000, 'after')");
      assertThat(log.capture(live::copyTo, 2).orElseThrow().imageReason()).isNull();
      CrashingOwner.ship(directory, log);
      for (String line : said) {
        if (line.startsWith("row ")) {
          String row = line.substring(4);
          assertThat(live.number("SELECT count(*) FROM t WHERE a = " + row)).isOne();
        }
      }
      live.checkpoint(log, "PASSIVE");
    }
    replay(database, said);
  }

  private void replay(Path database, List<String> said) throws Exception {
    Position start = Position.start(CrashingOwner.LINEAGE);
    try (Replay replay = new Replay(directory.resolve("replay.db"), start);
        Stream<Path> objects = Files.list(directory.resolve("bucket"))) {
      for (Path object : objects.sorted().toList()) {
        Segment segment = read(object, replay.position());
        replay.apply(segment);
        assertThat(said.stream().filter(line -> line.startsWith("segment " + segment.txid() + " ")))
            .allMatch(line -> line.endsWith(segment.chain()));
      }
      replay.assertSameAs(database);
    }
  }

  private static Segment read(Path file, Position before) throws IOException {
    try (InputStream in = new FileInputStream(file.toFile())) {
      LtxReader reader = new LtxReader(in, file.toString());
      byte[] page = new byte[reader.header().pageSize()];
      while (reader.next(page) != 0) {
        // Only to its end.
      }
      long checksum = reader.summary().checksum();
      return new Segment(
          before.txid() + 1,
          checksum,
          before.next(checksum).chain(),
          file,
          reader.summary().length(),
          reader.header().timestampMillis(),
          false);
    }
  }
}
