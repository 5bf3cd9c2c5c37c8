package dev.dosql.junit;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DatabaseClosedException;
import dev.dosql.DoSQL;
import dev.dosql.DoSQLException;
import dev.dosql.TenantInfo;
import dev.dosql.TenantNotFoundException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.opentest4j.TestAbortedException;

/**
 * The tenants of one test, or of one class. JUnit closes it when that has ended, with all that runs
 * after it: only then is it known whether it failed.
 *
 * <p>Safe for use by many threads.
 */
final class TestTenants implements AutoCloseable {
  private static final System.Logger log = System.getLogger("dev.dosql.junit");

  private final ExtensionContext context;
  private final DoSQL instance;
  private final boolean alone;
  private @Nullable DB db;
  private @Nullable Path file;
  private volatile boolean failureNoted;

  private TestTenants(ExtensionContext context, DoSQL instance, boolean alone) {
    this.context = context;
    this.instance = instance;
    this.alone = alone;
  }

  /** With an instance that is not to be closed, nor shown to the test. */
  static TestTenants sharing(ExtensionContext context, DoSQL instance) {
    return new TestTenants(context, instance, false);
  }

  /** With an instance of its own. */
  static TestTenants alone(ExtensionContext context, DBOptions options) {
    return new TestTenants(context, DoSQL.memory(options), true);
  }

  DoSQL instance() {
    return instance;
  }

  /**
   * The tenant; made when it is first asked for. Its file is asked for now: later the test may hold
   * every connection.
   */
  synchronized DB db() {
    DB made = db;
    if (made == null) {
      made = instance.create(TestNames.unique(context));
      db = made;
      file = KeptFile.fileOf(made);
    }
    return made;
  }

  /** Says that a test which this is shared by has failed. */
  void noteFailure() {
    failureNoted = true;
  }

  /** Whether it makes a test fail: an assumption that does not hold only ends it. */
  static boolean isFailure(Throwable thrown) {
    return !(thrown instanceof TestAbortedException);
  }

  @Override
  public void close() {
    boolean interrupted = Thread.interrupted(); // By a timeout of the test; we have things to do.
    try {
      if (failureNoted
          || context.getExecutionException().filter(TestTenants::isFailure).isPresent()) {
        names().forEach(this::keep);
      }
      discard();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private synchronized List<String> names() {
    if (!alone) {
      return db == null ? List.of() : List.of(db.name());
    }
    try {
      return instance.tenants().map(TenantInfo::name).sorted().toList();
    } catch (DatabaseClosedException e) {
      return List.of(); // Closed by the test, and so its files are gone.
    }
  }

  private void keep(String name) {
    try {
      String kept = alone ? TestNames.unique(context, name) : name;
      KeptFile.keep(name, locate(name), kept + ".db", context);
    } catch (RuntimeException e) {
      log.log(
          System.Logger.Level.WARNING,
          "database of a failed test was not kept (tenant=" + name + ")",
          e);
    }
  }

  private synchronized Path locate(String name) {
    if (db != null && file != null && name.equals(db.name())) {
      return file;
    }
    instance.resume(name); // A suspended tenant does not say.
    return KeptFile.fileOf(instance.db(name));
  }

  private synchronized void discard() {
    if (alone) {
      instance.close();
    } else if (db != null) {
      delete(db.name());
    }
  }

  private void delete(String name) {
    try {
      instance.delete(name);
    } catch (TenantNotFoundException e) {
      // There is nothing to delete.
    } catch (DoSQLException e) {
      log.log(
          System.Logger.Level.WARNING,
          "database of a test was not deleted (tenant=" + name + ")",
          e);
    }
  }
}
