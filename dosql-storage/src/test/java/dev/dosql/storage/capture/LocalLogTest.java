package dev.dosql.storage.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalLogTest {

  private static final String LINEAGE = "0123456789abcdef";

  @TempDir Path directory;

  private Path database() {
    return directory.resolve("live.db");
  }

  private LocalLog open() throws IOException {
    return LocalLog.open(directory.resolve("log"), database());
  }

  private Replay replay() throws IOException {
    return new Replay(directory.resolve("replay.db"), Position.start(LINEAGE));
  }

  @Test
  void capture_firstOfALineage_isAnImageThatEqualsTheDatabase() throws Exception {
    try (LiveDatabase live = LiveDatabase.open(database(), 4096);
        LocalLog log = open();
        Replay replay = replay()) {
      live.run("CREATE TABLE t(a)");
      live.numbers(1000);
      live.run("INSERT INTO t SELECT randomblob(500) FROM n");
      log.begin(LINEAGE);
      Segment image = log.capture(live::copyTo, 17).orElseThrow();
      assertThat(image.image()).isTrue();
      assertThat(image.imageReason()).isEqualTo("lineage begins");
      live.run("UPDATE t SET a = 1 WHERE rowid % 7 = 0");
      assertThat(log.isBehind()).isTrue();
      Segment changes = log.capture(live::copyTo, 3).orElseThrow();
      assertThat(changes.image()).isFalse();
      assertThat(changes.timestampMillis()).isEqualTo(17);
      assertThat(log.isBehind()).isFalse();
      assertThat(log.capture(live::copyTo, 18)).isEmpty();
      assertThat(log.pending()).containsExactly(image, changes);
      live.checkpoint(log, "TRUNCATE");
      assertThat(log.isBehind()).isFalse();
      assertThat(log.capture(live::copyTo, 18)).isEmpty();
      live.end();
      replay.apply(log.pending());
      replay.assertSameAs(database());
      assertThat(Optional.of(replay.position())).isEqualTo(log.position());
    }
  }
}
