package dev.dosql.internal.engine;

import dev.dosql.internal.files.DurableFiles;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The {@code -wal} file of a tenant, to be forced.
 *
 * <p>Opening and closing it beside SQLite is safe: SQLite's locks are on the other two files. The
 * channel is an asynchronous one only because that is the kind which an interrupt does not close.
 *
 * <p>Forced by one thread at a time; may be closed by another.
 */
final class WalFile implements WalSync.Log, AutoCloseable {
  private final Path file;
  private volatile @Nullable AsynchronousFileChannel channel;
  private volatile boolean closed;

  WalFile(Path file) {
    this.file = file;
  }

  @Override
  public void force() throws IOException {
    AsynchronousFileChannel open = channel;
    if (closed) {
      throw new ClosedChannelException(); // The file of that name may be another by now.
    }
    if (open == null) {
      open = AsynchronousFileChannel.open(file, StandardOpenOption.WRITE);
      channel = open;
      open.force(false);
      // The log may just have been made, so its name must reach the disk as well.
      DurableFiles.forceDirectory(DurableFiles.parent(file));
      return;
    }
    open.force(false);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    AsynchronousFileChannel open = channel;
    if (open != null) {
      open.close();
    }
  }
}
