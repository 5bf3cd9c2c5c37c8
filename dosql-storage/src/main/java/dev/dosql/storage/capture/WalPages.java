package dev.dosql.storage.capture;

import dev.dosql.storage.capture.NewestFrames.Pages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Optional;

/** Which pages a {@code -wal} holds. */
public final class WalPages {

  private WalPages() {}

  /**
   * Returns the pages that committed frames hold, by SQLite's own rules of what counts.
   *
   * @param wal the file
   * @return their numbers up to 2³¹-1; none if the file is missing or no log
   * @throws IOException if it cannot be read
   */
  public static BitSet committed(Path wal) throws IOException {
    BitSet pages = new BitSet();
    Optional<Wal> opened = Wal.open(wal);
    if (opened.isPresent()) {
      try (Wal log = opened.get()) {
        Pages newest = WalScan.ofAll(log).toEnd().frames().newest();
        for (long pgno : newest.pgnos()) {
          if (pgno <= Integer.MAX_VALUE) {
            pages.set((int) pgno);
          }
        }
      }
    }
    return pages;
  }
}
