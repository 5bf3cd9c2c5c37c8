package dev.dosql.web.remote;

import dev.dosql.CommitInDoubtException;
import dev.dosql.DB;
import dev.dosql.DoSQLException;
import dev.dosql.InterruptedQueryException;
import dev.dosql.Transaction;
import dev.dosql.TransactionEndedException;
import dev.dosql.TransactionScopeException;
import dev.dosql.TransactionWork;
import dev.dosql.web.remote.Exchange.UnknownTransactionException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A transaction that an endpoint holds, or a savepoint in one.
 *
 * <p>A call whose answer was lost may have been executed or not, and what the work would do next
 * rests on it; so the transaction is lost with it, and can only be rolled back.
 */
final class RemoteTransaction extends RemoteQueries implements Transaction {
  private static final int COMMITS_MAX = 5;
  private static final long COMMIT_PAUSE_MILLIS = 50;
  private static final Duration ROLLBACK_PATIENCE = Duration.ofSeconds(5);

  /** The transaction of this thread, whichever database it is of. */
  private static final ThreadLocal<@Nullable Shared> CURRENT = new ThreadLocal<>();

  private final Shared shared;
  private boolean ended;

  private RemoteTransaction(RemoteDB db, Shared shared) {
    super(db.statements(), db.values());
    this.shared = shared;
  }

  /** Runs work in a transaction. */
  static <T extends @Nullable Object, X extends Exception> T run(
      RemoteDB db, TransactionWork<T, X> work) throws X {
    Shared shared = Shared.begin(db);
    RemoteTransaction tx = new RemoteTransaction(db, shared);
    CURRENT.set(shared);
    try {
      T result = tx.work(work);
      shared.commit();
      return result;
    } finally {
      CURRENT.remove();
    }
  }

  private <T extends @Nullable Object, X extends Exception> T work(TransactionWork<T, X> work)
      throws X {
    try {
      T result = work.run(this);
      ended = true;
      return result;
    } catch (Throwable e) {
      ended = true;
      shared.rollback(e);
      throw e;
    }
  }

  /**
   * Checks that a call outside of the transaction of this thread does not wait for it.
   *
   * @throws TransactionScopeException if it would, or if two such calls could wait for each other
   */
  static void checkOutside(Exchange exchange, boolean mayWrite) {
    Shared current = CURRENT.get();
    if (current == null) {
      return;
    }
    if (current.exchange.base().equals(exchange.base())) {
      throw new TransactionScopeException(
          "database used inside of its own transaction: use the transaction (tenant="
              + exchange.tenant()
              + ")");
    }
    if (mayWrite) {
      throw new TransactionScopeException(
          "database written to inside of another's transaction: two such calls could wait for each"
              + " other (tenant="
              + exchange.tenant()
              + ")");
    }
  }

  /**
   * Not here: what is remote is no {@link DB}.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public DB db() {
    throw new UnsupportedOperationException("a remote database is no DB: use the RemoteDB");
  }

  @Override
  Map<?, ?> call(String path, Map<String, @Nullable Object> body, boolean mayWrite) {
    checkUse();
    return shared.call(path, body);
  }

  private void checkUse() {
    checkThread();
    if (ended) {
      throw new TransactionEndedException("transaction has ended (tenant=" + shared.tenant() + ")");
    }
    shared.checkNotLost();
  }

  private void checkThread() {
    if (Thread.currentThread() != shared.owner) {
      throw new TransactionScopeException(
          "transaction used by another thread: it is confined to the one that opened it (tenant="
              + shared.tenant()
              + ")");
    }
  }

  @Override
  RemoteStream.Scope scope() {
    return new RemoteStream.Scope() {
      @Override
      public boolean isOver() {
        return shared.over;
      }

      @Override
      public void check() {
        checkUse();
      }
    };
  }

  @Override
  public <T extends @Nullable Object, X extends Exception> T transaction(TransactionWork<T, X> work)
      throws X {
    Objects.requireNonNull(work, "work");
    checkUse();
    shared.call("/transaction/savepoint", new LinkedHashMap<>());
    RemoteTransaction inner = new RemoteTransaction(shared.db, shared);
    T result;
    try {
      result = work.run(inner);
    } catch (Throwable e) {
      inner.ended = true;
      shared.undo(e);
      throw e;
    }
    inner.ended = true;
    shared.release();
    return result;
  }

  /** What a transaction and its savepoints have in common. */
  private static final class Shared {
    private final RemoteDB db;
    private final Exchange exchange;
    private final String id;
    private final Thread owner = Thread.currentThread();
    private @Nullable Exception lost;

    /** Read by streams, which other threads may look at. */
    private volatile boolean over;

    private Shared(RemoteDB db, String id) {
      this.db = db;
      this.exchange = db.exchange();
      this.id = id;
    }

    static Shared begin(RemoteDB db) {
      Map<?, ?> answer = db.call("/transaction/begin", new LinkedHashMap<>(), false);
      if (answer.get("transaction") instanceof String id) {
        return new Shared(db, id);
      }
      throw RemoteRows.unreadable();
    }

    String tenant() {
      return exchange.tenant();
    }

    void checkNotLost() {
      if (lost != null) {
        throw new TransactionEndedException(
            "transaction was lost with a call that had no answer, or did not end its savepoint"
                + " (tenant="
                + tenant()
                + ")",
            lost);
      }
    }

    Map<?, ?> call(String path, Map<String, @Nullable Object> body) {
      body.put("transaction", id);
      try {
        return exchange.call(path, body, db.callTimeout());
      } catch (NoAnswerException e) {
        lost = e.isCertain() ? lost : e;
        throw e.harmless();
      }
    }

    /** Undoes a savepoint; where the whole is lost, that is undone later. */
    void undo(Throwable reason) {
      if (lost != null) {
        return;
      }
      try {
        endSavepoint("/transaction/undo");
      } catch (TransactionEndedException e) {
        // So it is undone.
      } catch (DoSQLException e) {
        reason.addSuppressed(e);
      }
    }

    /** Keeps what a savepoint did. */
    void release() {
      endSavepoint("/transaction/release");
    }

    /** What is not ended is open, and calls that are meant for the outer one would be inside it. */
    private void endSavepoint(String path) {
      boolean interrupted = Thread.interrupted(); // or nothing would be sent
      try {
        exchange.call(path, Map.of("transaction", id), db.callTimeout());
      } catch (NoAnswerException e) {
        lost = e;
        throw e.harmless();
      } catch (RemoteCallException | TransactionScopeException e) {
        lost = e;
        throw e;
      } finally {
        restore(interrupted);
      }
    }

    private static void restore(boolean interrupted) {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    /** Rolls back. If that does not reach the endpoint, it does so itself when nothing comes. */
    void rollback(Throwable reason) {
      over = true;
      boolean interrupted = Thread.interrupted(); // or nothing would be sent
      try {
        exchange.call("/transaction/rollback", Map.of("transaction", id), rollbackPatience());
      } catch (TransactionEndedException e) {
        // So it is undone.
      } catch (DoSQLException | NoAnswerException e) {
        reason.addSuppressed(e);
      } finally {
        restore(interrupted);
      }
    }

    private Duration rollbackPatience() {
      Duration patience = db.callTimeout();
      return patience.compareTo(ROLLBACK_PATIENCE) < 0 ? patience : ROLLBACK_PATIENCE;
    }

    void commit() {
      over = true;
      try {
        checkNotLost();
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedQueryException(
              "interrupted before the commit was sent (tenant=" + tenant() + ")");
        }
      } catch (DoSQLException e) {
        rollback(e);
        throw e;
      }
      commitUntilAnswered();
    }

    /** The endpoint does it once, and answers again how it went. */
    private void commitUntilAnswered() {
      long until = System.nanoTime() + db.callTimeout().toNanos();
      boolean sent = false;
      for (int attempt = 1; ; attempt++) {
        try {
          exchange.call("/transaction/commit", Map.of("transaction", id), commitPatience(until));
          return;
        } catch (NoAnswerException e) {
          sent |= !e.isCertain();
          boolean mayTry = e.kind() != NoAnswerException.Kind.INTERRUPTED && attempt < COMMITS_MAX;
          if (!mayTry || until - System.nanoTime() <= 0 || !pause(attempt)) {
            throw sent ? e.doubtful() : notSent(e);
          }
        } catch (TransactionEndedException e) {
          throw sent && e.getCause() instanceof UnknownTransactionException ? inDoubt(e) : e;
        } catch (RemoteCallException e) {
          throw sent ? inDoubt(e) : refused(e);
        } catch (TransactionScopeException e) {
          throw refused(e);
        }
      }
    }

    /** Not all of the time for one attempt: its connection may be dead without a sign of it. */
    private Duration commitPatience(long until) {
      long left = until - System.nanoTime();
      return Duration.ofNanos(Math.max(1, Math.min(left, db.callTimeout().toNanos() / 3)));
    }

    private static boolean pause(int attempt) {
      try {
        TimeUnit.MILLISECONDS.sleep(COMMIT_PAUSE_MILLIS << attempt);
        return true;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    /** Nothing reached the endpoint, which rolls back when nothing more comes. */
    private DoSQLException notSent(NoAnswerException e) {
      DoSQLException failure = e.harmless();
      rollback(failure);
      return failure;
    }

    /** Nothing was done, and the transaction keeps the writer until it is told to end. */
    private DoSQLException refused(DoSQLException e) {
      rollback(e);
      return e;
    }

    private CommitInDoubtException inDoubt(DoSQLException e) {
      return new CommitInDoubtException(
          "commit had no answer, and the endpoint cannot say any more how it ended (tenant="
              + tenant()
              + ")",
          e);
    }
  }
}
