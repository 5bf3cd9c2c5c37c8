package dev.dosql.internal.fleet;

import dev.dosql.DB;
import dev.dosql.FleetOptions;
import dev.dosql.FleetReport;
import dev.dosql.FleetReport.Status;
import dev.dosql.FleetResult;
import dev.dosql.FleetWork;
import dev.dosql.TenantNotFoundException;
import dev.dosql.internal.session.TenantDB;
import dev.dosql.internal.tenant.Instance;
import dev.dosql.internal.tenant.TenantName;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The two things that can be done to all tenants of an instance. */
public final class Fleet {
  /** How often tenants that have come meanwhile are looked for: they are current, or renamed. */
  private static final int ROUNDS_MAX = 10;

  private Fleet() {}

  /** Brings every tenant to the newest schema. */
  public static FleetReport migrateAll(Instance instance, FleetOptions options) {
    FleetRun<@Nullable Void> run =
        begin(
            instance,
            options,
            name -> {
              boolean changed = instance.bringUpToDate(name);
              return new FleetRun.Visited<>(changed ? Status.DONE : Status.CURRENT, null);
            });
    run.visit(instance.names());
    for (int i = 0; i < ROUNDS_MAX && run.visit(instance.names()); i++) {
      // One that was renamed meanwhile has its turn under its new name.
    }
    return run.report();
  }

  /** Does some work for every tenant. */
  public static <T extends @Nullable Object> FleetResult<T> eachTenant(
      Instance instance, FleetWork<T> work, FleetOptions options) {
    FleetRun<T> run =
        begin(
            instance,
            options,
            name -> new FleetRun.Visited<>(Status.DONE, call(instance, work, name)));
    run.visit(Set.of()); // Those that there were when it began, and no others.
    return new FleetResult<>(run.results(), run.report());
  }

  private static <T extends @Nullable Object> FleetRun<T> begin(
      Instance instance, FleetOptions options, FleetRun.Visitor<T> visitor) {
    instance.checkOutsideTransactions(); // The workers could wait for this very transaction.
    Set<String> names = instance.names();
    for (String canary : options.canaries()) {
      if (!names.contains(canary)) {
        throw new TenantNotFoundException("no such canary (tenant=" + canary + ")", canary);
      }
    }
    FleetRun<T> run = new FleetRun<>(options, visitor, instance::isClosed);
    run.visitCanaries(names);
    return run;
  }

  /** Leaves those open that were, so that the fleet does not push out the tenants in use. */
  private static <T extends @Nullable Object> T call(
      Instance instance, FleetWork<T> work, String name) throws Exception {
    return instance.visit(
        name,
        () -> {
          try (DB db = TenantDB.visiting(instance, new TenantName(name))) {
            return work.run(db);
          }
        });
  }
}
