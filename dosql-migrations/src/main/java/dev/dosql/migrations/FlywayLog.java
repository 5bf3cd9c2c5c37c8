package dev.dosql.migrations;

import org.flywaydb.core.api.logging.Log;
import org.flywaydb.core.api.logging.LogCreator;
import org.flywaydb.core.api.logging.LogFactory;
import org.flywaydb.core.internal.logging.slf4j.Slf4jLogCreator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps Flyway quiet while it works for us: of some ten lines per run only warnings and errors go
 * on, to the logger {@code dev.dosql.migrations}.
 *
 * <p>Flyway's choice of a log is one global of the JVM, which every new {@code Flyway} overwrites;
 * its API has no way to read and restore it. So our creator tells by the thread who is speaking: on
 * a thread that is not ours, a user's own Flyway logs to SLF4J under the names of its classes,
 * which is what it does by itself when SLF4J is there. A user who made Flyway log elsewhere loses
 * that when we migrate after his {@code load()}; and while he loads his own Flyway during a run of
 * ours, the rest of that run logs as his does.
 */
final class FlywayLog implements LogCreator {
  private static final Logger OURS = LoggerFactory.getLogger("dev.dosql.migrations");
  private static final Log QUIET = new Quiet();
  private static final LogCreator THEIRS = new Slf4jLogCreator();
  private static final ThreadLocal<Boolean> RUNNING = new ThreadLocal<>();

  /** Makes this the log of Flyway. To be called after a {@code Flyway} was made. */
  static void install() {
    LogFactory.setLogCreator(new FlywayLog());
  }

  /** From here on what this thread logs through Flyway is ours. */
  static void begin() {
    RUNNING.set(Boolean.TRUE);
  }

  static void end() {
    RUNNING.remove();
  }

  @Override
  public Log createLogger(Class<?> type) {
    return RUNNING.get() == null ? THEIRS.createLogger(type) : QUIET;
  }

  /** Warnings and errors only. */
  private static final class Quiet implements Log {
    @Override
    public void debug(String message) {}

    @Override
    public void info(String message) {}

    @Override
    public void notice(String message) {}

    @Override
    public void warn(String message) {
      OURS.warn(message);
    }

    @Override
    public void error(String message) {
      OURS.error(message);
    }

    @Override
    public void error(String message, Exception e) {
      OURS.error(message, e);
    }
  }
}
