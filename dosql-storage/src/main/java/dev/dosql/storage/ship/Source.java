package dev.dosql.storage.ship;

import java.io.IOException;
import java.nio.file.Path;

/**
 * An open database whose commits are shipped, as far as that needs to know it.
 *
 * <p>Safe for use by many threads.
 */
public interface Source {
  /**
   * Runs work while nobody commits, and no transaction that writes is open.
   *
   * @throws IOException as the work did, or if the database does not come free or cannot be used
   */
  void whileStill(StillWork work) throws IOException;

  /**
   * Runs work beside others, who may commit; the database stays open meanwhile.
   *
   * @return what the work has returned; false if the database is being closed, and nothing was done
   * @throws IOException as the work did, or if the database cannot be used
   */
  boolean whileOpen(OpenWork work) throws IOException;

  /** The number of the last commit; commits are counted from 1 each time the database is opened. */
  long executed();

  /**
   * Copies the database as of all that is committed; to be called while nobody commits. Page 1 is
   * in the log as well afterwards, and it is the log's that counts: SQLite's copy differs there.
   */
  void copyTo(Path file) throws IOException;

  /**
   * The same in two steps, of which the second need not hold up commits.
   *
   * @throws IOException if a snapshot cannot be begun
   */
  Snapshot snapshot() throws IOException;

  /** Work that needs commits to stand still. */
  @FunctionalInterface
  interface StillWork {
    /** Does it. */
    void run() throws IOException;
  }

  /** Work that needs the database to stay open. */
  @FunctionalInterface
  interface OpenWork {
    /** Does it; whether nothing is left to do. */
    boolean run() throws IOException;
  }

  /** One state of the database, which stays as it is whatever is committed. */
  interface Snapshot extends AutoCloseable {
    /**
     * Whether nothing was committed since it was begun; to be called while nobody of this process
     * commits. Another one may, which knows of no writer here.
     */
    boolean isNewest() throws IOException;

    /** Copies it. */
    void copyTo(Path file) throws IOException;

    /** Lets it go. */
    @Override
    void close() throws IOException;
  }
}
