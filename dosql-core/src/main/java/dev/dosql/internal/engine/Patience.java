package dev.dosql.internal.engine;

/**
 * How long a caller is willing to wait for the writer, if not for as long as it may.
 *
 * <p>Asked by the thread that waits. Whoever ends it from another thread unparks that one.
 */
public interface Patience {
  /** Waits for as long as it may. */
  Patience LASTING =
      new Patience() {
        @Override
        public boolean isOver() {
          return false;
        }

        @Override
        public long leftNanos() {
          return Long.MAX_VALUE;
        }
      };

  /** Whether the caller wants to wait no more. */
  boolean isOver();

  /** How long until it is over by itself, at the latest. */
  long leftNanos();
}
