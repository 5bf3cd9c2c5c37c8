package dev.dosql.internal.tenant;

import dev.dosql.DoSQLException;
import dev.dosql.internal.files.DurableFiles;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The temporary directories of databases in memory. Each is deleted when its instance is closed;
 * those of processes that were killed are deleted by the first use of a later process.
 *
 * <p>Safe for use by many threads.
 */
final class MemoryDirectories {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.tenant");

  private static final String PREFIX = "dosql-memory-";

  /** A directory younger than this may belong to a process that is about to lock it. */
  private static final Duration YOUNG = Duration.ofMinutes(1);

  private static final AtomicBoolean SWEPT = new AtomicBoolean();

  private MemoryDirectories() {}

  /** Makes one. */
  static Path make() throws IOException {
    Path made = Files.createTempDirectory(PREFIX);
    if (SWEPT.compareAndSet(false, true)) {
      sweep(made);
    }
    return made;
  }

  /** Deletes those beside one that are its owner's, not young, and held by nobody. */
  private static void sweep(Path mine) {
    Path beside = DurableFiles.parent(mine);
    try (DirectoryStream<Path> all = Files.newDirectoryStream(beside, PREFIX + "*")) {
      UserPrincipal owner = Files.getOwner(mine);
      for (Path each : all) {
        boolean others =
            !Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)
                || !Files.getOwner(each, LinkOption.NOFOLLOW_LINKS).equals(owner);
        if (!others && !each.equals(mine)) {
          attempt(each.toRealPath());
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      log.debug("temporary directories were not swept (directory={})", mine, e);
    }
  }

  private static void attempt(Path directory) {
    try {
      deleteIfLeft(directory);
    } catch (IOException e) {
      log.debug("temporary directory was not deleted (directory={})", directory, e);
    }
  }

  private static void deleteIfLeft(Path directory) throws IOException {
    Path own = directory.resolve(".dosql");
    Path lockFile = own.resolve("lock");
    boolean locked = Files.exists(lockFile, LinkOption.NOFOLLOW_LINKS);
    Instant made = Files.getLastModifiedTime(locked ? lockFile : directory).toInstant();
    if (made.plus(YOUNG).isAfter(Instant.now())) {
      return;
    }
    if (!locked) {
      Files.deleteIfExists(own); // Only if they are empty.
      Files.deleteIfExists(directory);
      return;
    }
    try (DirectoryLock lock = DirectoryLock.acquire(directory, own, "sweep")) {
      log.debug("directory of a process that ended is deleted (directory={})", directory);
      deleteAll(lock.directory());
    } catch (DoSQLException e) {
      log.debug("directory is in use (directory={})", directory, e);
    }
  }

  /** Deletes a directory and what is in it, as far as it can be. */
  static void deleteAll(Path directory) {
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
                throws IOException {
              Files.delete(visited);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      log.warn("temporary directory was not deleted (directory={})", directory, e);
    }
  }
}
