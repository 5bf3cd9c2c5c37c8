package dev.dosql.storage.ship;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.capture.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotsTest {
  private static final long DAY = Duration.ofDays(1).toMillis();

  @TempDir Path directory;

  private Segment segment(long txid, long length, long timeMillis) {
    return new Segment(
        txid, 1, "0".repeat(16), directory.resolve("any"), length, timeMillis, false);
  }

  @Test
  void isDue_whenTheLogExceedsTheImage() throws IOException {
    Snapshots snapshots = new Snapshots(directory);
    snapshots.shipped(List.of(segment(1, 200_000, 1_000)));
    assertThat(snapshots.isDue(1_000)).isFalse();
    snapshots.shipped(List.of(segment(2, 150_000, 1_000)));
    assertThat(snapshots.isDue(1_000)).isFalse();
    snapshots.shipped(List.of(segment(3, 60_000, 1_000)));
    assertThat(snapshots.isDue(1_000)).isTrue();
  }

  @Test
  void isDue_afterADay_ifThereIsALog() throws IOException {
    Snapshots snapshots = new Snapshots(directory);
    snapshots.shipped(List.of(segment(1, 200_000, 1_000)));
    assertThat(snapshots.isDue(1_000 + 2 * DAY)).as("nothing was written since").isFalse();
    snapshots.shipped(List.of(segment(2, 100, 2_000)));
    assertThat(snapshots.isDue(1_000 + DAY - 1)).isFalse();
    assertThat(snapshots.isDue(1_001 + DAY)).isTrue();
  }

  @Test
  void isDue_aSmallLogOfATinyDatabase_isNotWorthOne() throws IOException {
    Snapshots snapshots = new Snapshots(directory);
    snapshots.shipped(List.of(segment(1, 500, 1_000), segment(2, 60_000, 1_000)));
    assertThat(snapshots.isDue(1_000)).isFalse();
  }

  @Test
  void counts_surviveAReopening_andBeginAnewWhenTheyAreLost() throws IOException {
    Snapshots snapshots = new Snapshots(directory);
    snapshots.shipped(List.of(segment(1, 100_000, 1_000), segment(2, 100_001, 1_000)));
    assertThat(new Snapshots(directory).isDue(1_000)).isTrue();
    Files.writeString(directory.resolve("counted"), "no numbers");
    assertThat(new Snapshots(directory).isDue(1_000)).isFalse();
  }
}
