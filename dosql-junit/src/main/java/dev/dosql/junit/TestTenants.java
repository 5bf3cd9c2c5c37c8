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
  private final DBOptions options;
  private final @Nullable SharedInstance shared;
  private @Nullable DoSQL own;
  private @Nullable DB db;
  private @Nullable Path file;
  private volatile boolean failureNoted;

  private TestTenants(
      ExtensionContext context, DBOptions options, @Nullable SharedInstance shared) {
    this.context = context;
    this.options = options;
    this.shared = shared;
  }

  /** Its tenant is in an instance that is not to be closed, nor shown to the test. */
  static TestTenants sharing(ExtensionContext context, DBOptions options, SharedInstance shared) {
    return new TestTenants(context, options, shared);
  }

  /** Its tenant is in an instance of its own. */
  static TestTenants alone(ExtensionContext context, DBOptions options) {
    return new TestTenants(context, options, null);
  }

  /** Its own instance; made when it is first asked for. */
  synchronized DoSQL instance() {
    DoSQL made = own;
    if (made == null) {
      made = DoSQL.memory(options);
      own = made;
    }
    return made;
  }

  /**
   * The tenant; made when it is first asked for. Its file is asked for now: later the test may hold
   * every connection.
   */
  synchronized DB db() {
    DB made = db;
    if (made == null) {
      made = home().create(TestNames.unique(context));
      db = made;
      file = KeptFile.fileOf(made);
    }
    return made;
  }

  /** The instance that the tenant is in. */
  private DoSQL home() {
    return shared == null ? instance() : shared.instance();
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
  public synchronized void close() {
    boolean interrupted = Thread.interrupted(); // By a timeout of the test; we have things to do.
    try {
      if (failureNoted
          || context.getExecutionException().filter(TestTenants::isFailure).isPresent()) {
        keepAll();
      }
      discard();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void keepAll() {
    DB made = db;
    if (made != null && shared != null) {
      keep(shared.instance(), made.name());
    }
    DoSQL instance = own;
    if (instance != null) {
      namesIn(instance).forEach(name -> keep(instance, name));
    }
  }

  private static List<String> namesIn(DoSQL instance) {
    try {
      return instance.tenants().map(TenantInfo::name).sorted().toList();
    } catch (DatabaseClosedException e) {
      return List.of(); // Closed by the test, and so its files are gone.
    }
  }

  private void keep(DoSQL instance, String name) {
    try {
      String readable = isMade(name) ? name : TestNames.unique(context, name);
      KeptFile.keep(name, locate(instance, name), readable + ".db", context);
    } catch (RuntimeException e) {
      log.log(
          System.Logger.Level.WARNING,
          "database of a failed test was not kept (tenant=" + name + ")",
          e);
    }
  }

  private boolean isMade(String name) {
    return db != null && name.equals(db.name());
  }

  private Path locate(DoSQL instance, String name) {
    if (file != null && isMade(name)) {
      return file;
    }
    instance.resume(name); // A suspended tenant does not say.
    return KeptFile.fileOf(instance.db(name));
  }

  private void discard() {
    try {
      if (db != null && shared != null) {
        delete(shared.instance(), db.name());
      }
    } finally {
      if (own != null) {
        own.close();
      }
    }
  }

  private static void delete(DoSQL instance, String name) {
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
