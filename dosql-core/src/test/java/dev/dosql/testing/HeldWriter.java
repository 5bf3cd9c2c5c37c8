package dev.dosql.testing;

import dev.dosql.DB;
import dev.dosql.DoSQLException;
import dev.dosql.Transaction;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Another caller's transaction, which holds a tenant's writer until this is closed. */
public final class HeldWriter implements AutoCloseable {
  private final CountDownLatch held = new CountDownLatch(1);
  private final CountDownLatch letGo = new CountDownLatch(1);
  private final Caller holder;
  private volatile @Nullable DoSQLException failure;

  private HeldWriter(DB db, Consumer<Transaction> atEnd) {
    holder =
        Callers.start(
            () -> {
              try {
                db.useTransaction(
                    tx -> {
                      held.countDown();
                      awaitUninterruptibly(letGo);
                      atEnd.accept(tx);
                    });
              } catch (DoSQLException e) {
                failure = e;
              }
            });
  }

  /** Returns when the writer is held. */
  public static HeldWriter of(DB db) {
    return of(db, tx -> {});
  }

  /** Returns when the writer is held; the work is done in the transaction before it ends. */
  public static HeldWriter of(DB db, Consumer<Transaction> atEnd) {
    HeldWriter writer = new HeldWriter(db, atEnd);
    awaitUninterruptibly(writer.held);
    return writer;
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      if (!latch.await(30, TimeUnit.SECONDS)) {
        throw new AssertionError("waited too long");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** What the transaction ended with, if not with a commit. */
  public @Nullable DoSQLException failure() {
    return failure;
  }

  /** Ends the transaction and waits until it has ended; throws what went wrong in it otherwise. */
  @Override
  public void close() {
    letGo.countDown();
    try {
      holder.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
