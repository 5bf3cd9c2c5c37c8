package dev.dosql.web.remote;

import dev.dosql.DB;
import dev.dosql.Transaction;
import dev.dosql.TransactionEndedException;
import dev.dosql.TransactionScopeException;
import dev.dosql.TransactionWork;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A transaction of a client that is elsewhere: a thread that holds it and does what the client
 * sends, one call after the other, until it is committed, rolled back, or its time is up. Savepoints
 * are calls inside calls, as in local code.
 *
 * <p>Safe for use by many threads; a call that comes while another runs is refused.
 */
final class HeldTransaction implements Runnable {
  private static final int SAVEPOINTS_MAX = 32;

  /** What a client can ask for. */
  enum Kind {
    EXECUTE,
    SAVEPOINT,
    RELEASE,
    UNDO,
    COMMIT,
    ROLLBACK
  }

  private record Command(
      Kind kind,
      @Nullable TransactionWork<@Nullable Object, RuntimeException> work,
      CompletableFuture<@Nullable Object> answer) {
    void done() {
      answer.complete(null);
    }
  }

  private final String tenant;
  private final String caller;
  private final DB db;
  private final long idleNanos;
  private final long deadline;
  private final Runnable onEnd;
  private final CompletableFuture<@Nullable Object> begun = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Object> over = new CompletableFuture<>();

  /** Guards what follows. */
  private final Object turn = new Object();

  private @Nullable Command waiting;
  private @Nullable Command running;
  private @Nullable Command commit;
  private @Nullable String ended;
  private @Nullable Thread thread;
  private boolean busy;

  HeldTransaction(
      String caller, DB db, Duration idle, Duration deadline, Runnable onEnd) {
    this.caller = caller;
    this.db = db;
    this.tenant = db.name();
    this.idleNanos = idle.toNanos();
    this.deadline = System.nanoTime() + deadline.toNanos();
    this.onEnd = onEnd;
  }

  boolean isOf(String otherCaller, String otherTenant) {
    return caller.equals(otherCaller) && tenant.equals(otherTenant);
  }

  boolean isOfCaller(String other) {
    return caller.equals(other);
  }

  boolean sameTenant(HeldTransaction other) {
    return tenant.equals(other.tenant);
  }

  // ---- the thread that holds it

  /** Holds the transaction. */
  @Override
  public void run() {
    synchronized (turn) {
      thread = Thread.currentThread();
    }
    Command[] last = new Command[1];
    String how = "was rolled back";
    @Nullable Throwable failure = null;
    try {
      checkNotEnded();
      db.useTransaction(
          tx -> {
            begun.complete(null);
            last[0] = serve(tx, 0);
          });
      how = "was committed";
    } catch (Over e) {
      last[0] = e.by;
      how = e.why;
    } catch (Throwable e) {
      failure = e;
    }
    end(how);
    begun.completeExceptionally(failure == null ? over(how) : failure);
    onEnd.run();
    answer(last[0], failure);
    over.complete(null);
  }

  private static void answer(@Nullable Command last, @Nullable Throwable failure) {
    if (last != null && failure != null) {
      last.answer().completeExceptionally(failure);
    } else if (last != null) {
      last.done();
    }
  }

  private void checkNotEnded() {
    synchronized (turn) {
      if (ended != null) {
        throw new Over(ended, null);
      }
    }
  }

  private void end(String how) {
    synchronized (turn) {
      ended = ended == null ? how : ended;
      thread = null;
      if (waiting != null) {
        waiting.answer().completeExceptionally(over(how));
        waiting = null;
      }
    }
  }

  /** Does what is sent until this level ends; returns the call that ended it. */
  private Command serve(Transaction tx, int depth) {
    while (true) {
      Command command = next();
      switch (command.kind()) {
        case EXECUTE -> execute(tx, command);
        case SAVEPOINT -> nest(tx, command, depth + 1);
        case ROLLBACK -> throw new Over("was rolled back", command);
        case COMMIT -> {
          if (depth == 0) {
            return command;
          }
          refuse(command, "a savepoint is open");
        }
        case RELEASE, UNDO -> {
          if (depth > 0) {
            return command;
          }
          refuse(command, "no savepoint is open");
        }
      }
    }
  }

  private void refuse(Command command, String why) {
    synchronized (turn) {
      if (command == commit) {
        commit = null;
      }
    }
    command
        .answer()
        .completeExceptionally(
            new TransactionScopeException("transaction refused the call: " + why));
  }

  private void execute(Transaction tx, Command command) {
    try {
      Object answer = Objects.requireNonNull(command.work()).run(tx);
      idle();
      command.answer().complete(answer);
    } catch (Throwable e) {
      idle();
      command.answer().completeExceptionally(e);
    }
  }

  /** After this nobody interrupts the thread any more for the call that ran. */
  private void idle() {
    synchronized (turn) {
      running = null;
    }
  }

  private void nest(Transaction tx, Command begin, int depth) {
    if (depth > SAVEPOINTS_MAX) {
      refuse(begin, "at most " + SAVEPOINTS_MAX + " savepoints inside each other");
      return;
    }
    Command[] last = {begin};
    try {
      tx.useTransaction(
          inner -> {
            begin.done();
            last[0] = serve(inner, depth);
            if (last[0].kind() == Kind.UNDO) {
              throw new Undone();
            }
          });
      last[0].done();
    } catch (Undone e) {
      last[0].done();
    } catch (Over e) {
      throw e;
    } catch (RuntimeException e) {
      last[0].answer().completeExceptionally(e);
    }
  }

  /** Waits for a call, for as long as a client may think. */
  private Command next() {
    long idleUntil = System.nanoTime() + idleNanos;
    synchronized (turn) {
      running = null;
      while (waiting == null) {
        if (ended != null) {
          throw new Over(ended, null);
        }
        long now = System.nanoTime();
        long left = Math.min(idleUntil - now, deadline - now);
        if (left <= 0) {
          throw new Over(
              deadline - now <= 0 ? "was rolled back at its deadline" : "was rolled back when idle",
              null);
        }
        pause(left);
      }
      Command command = waiting;
      waiting = null;
      running = command;
      return command;
    }
  }

  private void pause(long nanos) {
    try {
      TimeUnit.NANOSECONDS.timedWait(turn, nanos + 1_000_000);
    } catch (InterruptedException e) {
      // Only what has ended, or is beyond its deadline, is interrupted: the loop sees it.
      Thread.onSpinWait();
    }
  }

  // ---- the threads of requests

  /** Waits until the transaction has the tenant's writer; throws as opening it did. */
  void awaitBegun() {
    get(begun);
  }

  /** Executes in the transaction, and answers what the work did. */
  @Nullable Object execute(TransactionWork<@Nullable Object, RuntimeException> work) {
    return call(new Command(Kind.EXECUTE, work, new CompletableFuture<>()));
  }

  /** Begins or ends a savepoint, or rolls all back. */
  void control(Kind kind) {
    call(new Command(kind, null, new CompletableFuture<>()));
  }

  /** Commits. Asked again, it answers as the first time. */
  void commit() {
    Command mine = new Command(Kind.COMMIT, null, new CompletableFuture<>());
    Command first;
    synchronized (turn) {
      first = commit;
      if (first == null) {
        checkFree();
        commit = mine;
        send(mine);
      }
    }
    get((first == null ? mine : first).answer());
  }

  private @Nullable Object call(Command command) {
    synchronized (turn) {
      checkFree();
      busy = true;
      send(command);
    }
    try {
      return command.answer().get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      interrupt(command);
      throw over("was rolled back at its deadline");
    } catch (ExecutionException e) {
      throw unchecked(e.getCause());
    } catch (InterruptedException e) {
      interrupt(command);
      Thread.currentThread().interrupt();
      throw over("was rolled back: the server is closing");
    } finally {
      synchronized (turn) {
        busy = false;
      }
    }
  }

  private void checkFree() {
    if (ended != null) {
      throw over(ended);
    }
    if (busy || commit != null) {
      throw new TransactionScopeException(
          "transaction refused the call: it is confined to one caller, and another call of it runs"
              + " (tenant="
              + tenant
              + ")");
    }
  }

  private void send(Command command) {
    waiting = command;
    turn.notifyAll();
  }

  private void interrupt(Command command) {
    synchronized (turn) {
      ended = ended == null ? "was rolled back at its deadline" : ended;
      if (running == command && thread != null) {
        thread.interrupt();
      }
      turn.notifyAll();
    }
  }

  /** Rolls it back from outside; a commit that has begun is left to end. */
  void stop(String how) {
    synchronized (turn) {
      ended = ended == null ? how : ended;
      if (running != null && running.kind() == Kind.EXECUTE && thread != null) {
        thread.interrupt();
      }
      turn.notifyAll();
    }
  }

  /** Waits until it has let go of the tenant. */
  void awaitEnd() {
    get(over);
  }

  private static @Nullable Object get(CompletableFuture<@Nullable Object> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw unchecked(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransactionEndedException("interrupted while a transaction was waited for", e);
    }
  }

  private static RuntimeException unchecked(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return thrown instanceof RuntimeException exception
        ? exception
        : new IllegalStateException(thrown);
  }

  private TransactionEndedException over(String how) {
    return new TransactionEndedException("transaction " + how + " (tenant=" + tenant + ")");
  }

  /** Ends the transaction from inside, without a commit. */
  private static final class Over extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String why;
    private final transient @Nullable Command by;

    Over(String why, @Nullable Command by) {
      super(why, null, false, false);
      this.why = why;
      this.by = by;
    }
  }

  /** Undoes a savepoint. */
  private static final class Undone extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Undone() {
      super("undone", null, false, false);
    }
  }
}
