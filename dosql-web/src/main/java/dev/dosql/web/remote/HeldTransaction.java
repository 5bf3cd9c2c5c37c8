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
 * sends, one call after the other, until it is committed, rolled back, or its time is up.
 * Savepoints are calls inside calls, as in local code.
 *
 * <p>Safe for use by many threads; a call that comes while another runs is refused.
 */
final class HeldTransaction implements Runnable {
  /** Each takes a few frames of the thread's stack. */
  private static final int SAVEPOINTS_MAX = 32;

  private static final String AT_ITS_DEADLINE = "was rolled back at its deadline";

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
    static Command of(Kind kind) {
      return new Command(kind, null, new CompletableFuture<>());
    }

    void done() {
      answer.complete(null);
    }
  }

  private final String tenant;
  private final String service;
  private final DB db;
  private final long idleNanos;
  private final long deadline;
  private final Runnable onEnd;
  private final CompletableFuture<@Nullable Object> begun = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Object> over = new CompletableFuture<>();

  /** Guards what follows. */
  private final Object turn = new Object();

  /** Sent and not yet taken. */
  private @Nullable Command waiting;

  /** Taken and not yet done; only this may be interrupted. */
  private @Nullable Command running;

  /** The one commit, which answers all that ask for it. */
  private @Nullable Command commit;

  /** Why it is to be rolled back, from outside. */
  private @Nullable String stopped;

  /** How it ended. */
  private @Nullable String ended;

  private @Nullable Thread thread;
  private boolean busy;

  /**
   * Makes it; {@link #run} holds it.
   *
   * @param onEnd run once, when it has ended and let go of the tenant
   */
  HeldTransaction(String service, DB db, Duration idle, Duration deadline, Runnable onEnd) {
    this.service = service;
    this.db = db;
    this.tenant = db.name();
    this.idleNanos = idle.toNanos();
    this.deadline = System.nanoTime() + deadline.toNanos();
    this.onEnd = onEnd;
  }

  String service() {
    return service;
  }

  String tenant() {
    return tenant;
  }

  // ---- the thread that holds it

  /** Holds the transaction. */
  @Override
  public void run() {
    @Nullable Command last = null;
    @Nullable Throwable failure = null;
    String how;
    try {
      enter();
      last = db.<Command, RuntimeException>transaction(this::begin);
      how = "was committed";
    } catch (Over e) {
      last = e.by;
      how = e.why;
    } catch (Throwable e) { // an Error too: somebody waits for the answer
      failure = e;
      last = askedCommit();
      how = "ended with an error";
    }
    end(how, failure);
    begun.completeExceptionally(failure == null ? over(how) : failure);
    onEnd.run();
    answer(last, failure);
    over.complete(null);
  }

  private static void answer(@Nullable Command last, @Nullable Throwable failure) {
    if (last != null && failure != null) {
      last.answer().completeExceptionally(failure);
    } else if (last != null) {
      last.done();
    }
  }

  private void enter() {
    synchronized (turn) {
      thread = Thread.currentThread();
      if (stopped != null) {
        throw new Over(stopped, null);
      }
    }
  }

  private Command begin(Transaction tx) {
    synchronized (turn) {
      begun.complete(null);
    }
    return serve(tx, 0);
  }

  private @Nullable Command askedCommit() {
    synchronized (turn) {
      return commit;
    }
  }

  private void end(String how, @Nullable Throwable failure) {
    synchronized (turn) {
      ended = how;
      thread = null;
      if (waiting != null) {
        waiting.answer().completeExceptionally(failure == null ? over(how) : failure);
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
            new TransactionScopeException(
                "transaction refused the call: " + why + " (tenant=" + tenant + ")"));
  }

  private void execute(Transaction tx, Command command) {
    try {
      Object answer = Objects.requireNonNull(command.work()).run(tx);
      idle();
      command.answer().complete(answer);
    } catch (Throwable e) { // an Error too: somebody waits for the answer
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
      while (waiting == null || stopped != null) {
        if (waiting != null && waiting.kind() == Kind.COMMIT) {
          break; // It was asked for in time.
        }
        checkTime(idleUntil);
        pause(idleUntil);
      }
      Command command = waiting;
      waiting = null;
      running = command;
      return command;
    }
  }

  private void checkTime(long idleUntil) {
    long now = System.nanoTime();
    String why = stopped;
    if (why == null && deadline - now <= 0) {
      why = AT_ITS_DEADLINE;
    } else if (why == null && idleUntil - now <= 0) {
      why = "was rolled back, since its client was silent";
    }
    if (why != null) {
      Thread.interrupted(); // What was meant for a call must not meet the rollback.
      throw new Over(why, null);
    }
  }

  private void pause(long idleUntil) {
    long now = System.nanoTime();
    try {
      TimeUnit.NANOSECONDS.timedWait(turn, Math.max(1, Math.min(idleUntil - now, deadline - now)));
    } catch (InterruptedException e) {
      // Only what is stopped is interrupted: the loop sees it.
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

  /** Begins or ends a savepoint. */
  void control(Kind kind) {
    call(Command.of(kind));
  }

  /** Rolls back; a call that runs is ended, as its client has given it up. */
  void rollback() {
    boolean inCall;
    synchronized (turn) {
      inCall = busy && ended == null && stopped == null;
      if (inCall) {
        stop("was rolled back");
      }
    }
    if (inCall) {
      awaitEnd();
    } else {
      call(Command.of(Kind.ROLLBACK));
    }
  }

  /** Commits. Asked again, it answers as the first time. */
  void commit() {
    Command first;
    synchronized (turn) {
      if (commit == null) {
        checkFree();
        commit = Command.of(Kind.COMMIT);
        send(commit);
      }
      first = commit;
    }
    get(first.answer());
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
      stop(AT_ITS_DEADLINE);
      throw over(AT_ITS_DEADLINE);
    } catch (ExecutionException e) {
      throw unchecked(e.getCause());
    } catch (InterruptedException e) {
      stop("was rolled back: the request was interrupted");
      Thread.currentThread().interrupt();
      throw over("was rolled back: the request was interrupted");
    } finally {
      synchronized (turn) {
        busy = false;
      }
    }
  }

  private void checkFree() {
    String gone = ended != null ? ended : stopped;
    if (gone != null) {
      throw over(gone);
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

  /** Rolls it back from outside; a commit that was asked for is left to end. */
  void stop(String how) {
    synchronized (turn) {
      stopped = stopped == null ? how : stopped;
      boolean executes = running != null && running.kind() == Kind.EXECUTE;
      if (thread != null && (executes || !begun.isDone())) {
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
      throw new IllegalStateException("interrupted while a transaction was waited for", e);
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
