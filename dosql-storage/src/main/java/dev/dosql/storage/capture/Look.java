package dev.dosql.storage.capture;

import java.io.Closeable;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a {@code -wal} goes on from what was captured. Closing it closes the file.
 *
 * @param wal the file; null if nothing of it is to be captured
 * @param found what it found in it
 * @param begin where it began
 * @param imageReason why an image is needed, or null
 */
record Look(@Nullable Wal wal, @Nullable WalScan found, long begin, @Nullable String imageReason)
    implements Closeable {

  static Look nothing() {
    return new Look(null, null, 0, null);
  }

  static Look image(String reason) {
    return new Look(null, null, 0, reason);
  }

  static Look at(Wal wal, WalScan scan, long begin) {
    return new Look(wal, scan, begin, null);
  }

  boolean hasCommits() {
    return found != null && found.hasCommits();
  }

  boolean isBehind() {
    return imageReason != null || hasCommits();
  }

  /** What it found; only if there are commits. */
  WalScan scan() {
    return Objects.requireNonNull(found);
  }

  /** The file; likewise. */
  Wal log() {
    return Objects.requireNonNull(wal);
  }

  @Override
  public void close() throws IOException {
    if (wal != null) {
      wal.close();
    }
  }
}
