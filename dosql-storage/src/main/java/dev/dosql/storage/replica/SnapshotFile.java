package dev.dosql.storage.replica;

import dev.dosql.storage.ltx.LtxFiles;
import dev.dosql.storage.ltx.LtxHeader;
import dev.dosql.storage.ltx.LtxSummary;
import dev.dosql.storage.ltx.LtxWriter;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;

/** A whole database file as one LTX file. */
final class SnapshotFile {

  private SnapshotFile() {}

  /** Writes every page of a database that nobody has open. */
  static LtxSummary write(Path database, Restored state, Path snapshot) throws IOException {
    LtxHeader header =
        new LtxHeader(
            state.pageSize(),
            state.pages(),
            1,
            state.position().txid(),
            state.timestampMillis(),
            0,
            0,
            0,
            0,
            0);
    try (InputStream in = new BufferedInputStream(new FileInputStream(database.toFile()), 1 << 20);
        OutputStream out = new FileOutputStream(snapshot.toFile())) {
      LtxWriter writer = new LtxWriter(out, header);
      byte[] page = new byte[state.pageSize()];
      for (long pgno = 1; pgno <= state.pages(); pgno++) {
        if (in.readNBytes(page, 0, page.length) != page.length) {
          throw new EOFException(
              "no page %d of %d (file=%s)".formatted(pgno, state.pages(), database));
        }
        if (pgno != LtxFiles.lockPage(state.pageSize())) {
          writer.page(pgno, page, 0);
        }
      }
      return writer.finish();
    }
  }
}
