package dev.dosql.storage.replica;

/**
 * Hears how far a restore is. Called by the thread that restores, some ten times a second at most
 * and once at the end of each phase; what it throws ends the restore.
 */
@FunctionalInterface
public interface RestoreProgress {

  /** Hears nothing. */
  RestoreProgress NONE = progress -> {};

  /**
   * Hears how far the restore is.
   *
   * @param progress what is done
   */
  void on(Progress progress);
}
