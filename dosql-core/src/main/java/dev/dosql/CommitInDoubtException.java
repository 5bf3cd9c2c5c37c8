package dev.dosql;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A commit was executed and then not confirmed to be durable, so it may or may not last. It was not
 * undone.
 *
 * <p>Where the disk failed, the tenant is closed and reopens at the next call, which sees what
 * really is in the file: the whole transaction or nothing of it. Where the bucket did not answer in
 * time ({@link Durability#BUCKET}), the commit is in the file, as its readers see, and still on its
 * way to the bucket: {@link #bookmark} is what {@link DB#awaitDurable} waits for.
 */
public final class CommitInDoubtException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  private final transient @Nullable Bookmark bookmark;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   */
  public CommitInDoubtException(String message) {
    super(message);
    this.bookmark = null;
  }

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param cause what it came from
   */
  public CommitInDoubtException(String message, Throwable cause) {
    super(message, cause);
    this.bookmark = null;
  }

  /**
   * Makes the error of a commit that waits for the bucket.
   *
   * @param message what failed, what was seen and what was needed
   * @param bookmark the point in the tenant's history that holds the commit
   * @param cause what it came from, or null
   */
  public CommitInDoubtException(String message, Bookmark bookmark, @Nullable Throwable cause) {
    super(message, cause);
    this.bookmark = bookmark;
  }

  /**
   * The point in the tenant's history that holds the commit, if it lasts.
   *
   * @return the bookmark, or empty where the disk failed or there is no bucket
   */
  public Optional<Bookmark> bookmark() {
    return Optional.ofNullable(bookmark);
  }
}
