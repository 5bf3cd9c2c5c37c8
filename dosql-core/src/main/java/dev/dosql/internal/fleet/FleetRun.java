package dev.dosql.internal.fleet;

import dev.dosql.DatabaseClosedException;
import dev.dosql.FleetOptions;
import dev.dosql.FleetOptions.OnFailure;
import dev.dosql.FleetProgress;
import dev.dosql.FleetReport;
import dev.dosql.FleetReport.Outcome;
import dev.dosql.FleetReport.Status;
import dev.dosql.InterruptedQueryException;
import dev.dosql.TenantNotFoundException;
import dev.dosql.TenantSuspendedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One run over many tenants.
 *
 * <p>A few threads take names from a queue and put what came of them into another, from which the
 * thread that started the run notes it, tells the listener, and decides whether it goes on. So
 * foreign code runs with no lock held, and everything but the two queues and one flag is confined
 * to that thread. When a call returns, none of its threads is left.
 *
 * @param <T> what is kept for a tenant
 */
final class FleetRun<T extends @Nullable Object> {
  private final FleetOptions options;
  private final Visitor<T> visitor;
  private final BooleanSupplier isClosed;
  private final long startedNanos = System.nanoTime();
  private final Set<String> tenants = new LinkedHashSet<>();
  private final Map<String, Outcome> outcomes = new LinkedHashMap<>();
  private final Map<String, T> results = new HashMap<>();
  private final int[] counts = new int[Status.values().length];
  private volatile boolean stopping;
  private @Nullable Throwable ending;

  FleetRun(FleetOptions options, Visitor<T> visitor, BooleanSupplier isClosed) {
    this.options = options;
    this.visitor = visitor;
    this.isClosed = isClosed;
  }

  /** Visits the canaries among some tenants; unless all are done, nobody else is visited. */
  void visitCanaries(Collection<String> all) {
    tenants.addAll(all);
    List<String> canaries = options.canaries();
    visitAll(canaries);
    boolean allDone =
        canaries.stream().map(outcomes::get).allMatch(each -> each != null && isDone(each));
    stopping |= !allDone;
  }

  private static boolean isDone(Outcome outcome) {
    return outcome.status() == Status.DONE || outcome.status() == Status.CURRENT;
  }

  /**
   * Visits those that were not yet. Whoever was told of once stays in the run, and is reported as
   * gone if it is.
   *
   * @param more tenants that are new to the run, and others
   * @return whether there were any, and the run goes on
   * @throws InterruptedQueryException if this thread was interrupted
   * @throws DatabaseClosedException if the instance was closed
   */
  boolean visit(Collection<String> more) {
    tenants.addAll(more);
    List<String> fresh = tenants.stream().filter(name -> !outcomes.containsKey(name)).toList();
    if (!stopping) {
      visitAll(fresh);
    }
    fresh.forEach(name -> outcomes.putIfAbsent(name, new Outcome(Status.NOT_STARTED, none())));
    return !fresh.isEmpty() && !stopping;
  }

  private static Optional<Throwable> none() {
    return Optional.empty();
  }

  private void visitAll(Collection<String> some) {
    Queue<String> todo = new ConcurrentLinkedQueue<>(some);
    BlockingQueue<Optional<Event<T>>> events = new LinkedBlockingQueue<>();
    List<Thread> workers = new ArrayList<>();
    try {
      for (int i = 1; i <= Math.min(options.parallelism(), some.size()); i++) {
        Thread worker = new Thread(() -> work(todo, events), "dosql-fleet-" + i);
        worker.setDaemon(true);
        worker.start();
        workers.add(worker);
      }
    } catch (Error e) { // There are no more threads to be had.
      ending = e;
      stopping = true;
    }
    listen(workers, events);
    if (ending instanceof Error e) {
      throw e;
    }
    if (ending instanceof RuntimeException e) {
      throw e;
    }
  }

  /** Notes what the workers say until all have ended. */
  private void listen(List<Thread> workers, BlockingQueue<Optional<Event<T>>> events) {
    boolean interrupted = false;
    int ended = 0;
    while (ended < workers.size()) {
      try {
        Event<T> event = events.take().orElse(null);
        if (event == null) {
          ended++;
        } else {
          note(event);
        }
      } catch (InterruptedException e) {
        interrupted = true;
        stopping = true;
        workers.forEach(Thread::interrupt);
      }
    }
    joinAll(workers);
    if (interrupted) {
      Thread.currentThread().interrupt();
      InterruptedQueryException e = interrupted();
      if (ending != null) {
        e.addSuppressed(ending);
      }
      ending = e;
    }
  }

  /** Waits for threads that have nothing left to do. */
  private static void joinAll(List<Thread> workers) {
    boolean interrupted = false;
    for (Thread worker : workers) {
      while (worker.isAlive()) {
        try {
          worker.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private InterruptedQueryException interrupted() {
    return new InterruptedQueryException(
        "interrupted: seen %d of %d tenants finished, the rest can be done by another run (failed=%d)"
            .formatted(outcomes.size(), tenants.size(), counts[Status.FAILED.ordinal()]));
  }

  private void note(Event<T> event) {
    Outcome outcome = event.outcome();
    outcomes.put(event.tenant(), outcome);
    counts[outcome.status().ordinal()]++;
    Visited<T> visited = event.visited();
    if (visited != null) {
      results.put(event.tenant(), visited.result());
    }
    Throwable failure = outcome.failure().orElse(null);
    if (failure != null && options.onFailure() == OnFailure.STOP) {
      stopping = true;
    }
    if (failure instanceof DatabaseClosedException closed && isClosed.getAsBoolean()) {
      end(closed); // Or every tenant that is left would fail with it.
    }
    tell(event.tenant());
  }

  private void tell(String tenant) {
    if (ending != null) {
      return;
    }
    try {
      options.progress().accept(progress(tenant));
    } catch (RuntimeException | Error e) {
      end(e);
    }
  }

  private void end(Throwable reason) {
    stopping = true;
    ending = ending == null ? reason : ending;
  }

  private FleetProgress progress(String tenant) {
    int finished = outcomes.size();
    Duration elapsed = elapsed();
    int left = tenants.size() - finished;
    Duration eta = elapsed.multipliedBy(left).dividedBy(finished);
    return new FleetProgress(
        tenant,
        counts[Status.DONE.ordinal()] + counts[Status.CURRENT.ordinal()],
        counts[Status.FAILED.ordinal()],
        counts[Status.SUSPENDED.ordinal()] + counts[Status.GONE.ordinal()],
        tenants.size(),
        elapsed,
        eta);
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startedNanos);
  }

  /** What came of the tenants. */
  FleetReport report() {
    return new FleetReport(outcomes, elapsed());
  }

  /** What the work returned. */
  Map<String, T> results() {
    return results;
  }

  // From here on, on the threads of the workers.

  private void work(Queue<String> todo, BlockingQueue<Optional<Event<T>>> events) {
    try {
      while (true) {
        Thread.interrupted(); // It was meant for the last tenant; a stop is looked at next.
        String tenant = stopping ? null : todo.poll();
        if (tenant == null) {
          return;
        }
        events.add(Optional.of(visit(tenant)));
      }
    } finally {
      events.add(Optional.empty());
    }
  }

  private Event<T> visit(String tenant) {
    try {
      Visited<T> visited = visitor.visit(tenant);
      return new Event<>(tenant, new Outcome(visited.status(), none()), visited);
    } catch (TenantNotFoundException e) {
      return e.tenant().equals(tenant) ? left(tenant, Status.GONE) : failed(tenant, e);
    } catch (TenantSuspendedException e) {
      return e.tenant().equals(tenant) ? left(tenant, Status.SUSPENDED) : failed(tenant, e);
    } catch (Exception | Error e) {
      return failed(tenant, e);
    }
  }

  private static <T extends @Nullable Object> Event<T> left(String tenant, Status status) {
    return new Event<>(tenant, new Outcome(status, none()), null);
  }

  private static <T extends @Nullable Object> Event<T> failed(String tenant, Throwable failure) {
    return new Event<>(tenant, new Outcome(Status.FAILED, Optional.of(failure)), null);
  }

  /** What is done for a tenant. */
  @FunctionalInterface
  interface Visitor<T extends @Nullable Object> {
    /** Does it; called by several threads. */
    Visited<T> visit(String tenant) throws Exception;
  }

  /** A tenant for which it was done, or needed not be. */
  record Visited<T extends @Nullable Object>(Status status, T result) {}

  private record Event<T extends @Nullable Object>(
      String tenant, Outcome outcome, @Nullable Visited<T> visited) {}
}
