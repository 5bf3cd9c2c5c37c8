package dev.dosql;

import dev.dosql.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** What other processes do with fleets and files until they are killed. */
final class FleetChild {
  private FleetChild() {}

  /** How many tenants are migrated before the migrations hang. */
  private static final int MIGRATED_MAX = 60;

  /**
   * A process that migrates some tenants and says each one that is done. If the migrations call
   * {@code gate()} once each, it then hangs in the midst of them until it is killed.
   */
  static ChildJvm migrating(Path data, Path migrations) throws IOException {
    return ChildJvm.start(FleetChild.class, "migrate", data, migrations);
  }

  /** A process that renames a tenant to and fro, and says each name that it has got. */
  static ChildJvm renaming(Path data, String one, String other) throws IOException {
    return ChildJvm.start(FleetChild.class, "rename", data, one, other);
  }

  /** A process that imports a file again and again, and says each tenant that it has made. */
  static ChildJvm importing(Path data, Path source) throws IOException {
    return ChildJvm.start(FleetChild.class, "import", data, source);
  }

  /** A process that exports a tenant again and again, and says each file that it has made. */
  static ChildJvm exporting(Path data, String tenant, Path target) throws IOException {
    return ChildJvm.start(FleetChild.class, "export", data, tenant, target);
  }

  public static void main(String[] arguments) throws Exception {
    DBOptions options = DBOptions.builder().directory(Path.of(arguments[1])).build();
    switch (arguments[0]) {
      case "migrate" -> migrate(gated(options).migrations(arguments[2]).build());
      case "rename" -> rename(options, arguments[2], arguments[3]);
      case "import" -> importAll(options, Path.of(arguments[2]));
      case "export" -> exportAll(options, arguments[2], Path.of(arguments[3]));
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void say(Object line) {
    System.out.println(line);
    System.out.flush();
  }

  private static DBOptions.Builder gated(DBOptions options) {
    AtomicInteger calls = new AtomicInteger();
    SqlFunction gate =
        values -> {
          if (calls.incrementAndGet() > MIGRATED_MAX) {
            new CountDownLatch(1).await();
          }
          return 1;
        };
    return options.toBuilder().function("gate", 0, false, gate);
  }

  private static void migrate(DBOptions options) {
    DoSQL dosql = DoSQL.open(options);
    dosql.migrateAll(FleetOptions.builder().progress(seen -> say(seen.tenant())).build());
  }

  private static void rename(DBOptions options, String one, String other) {
    DoSQL dosql = DoSQL.open(options.toBuilder().createIfMissing(false).build());
    String from = dosql.find(one).isPresent() ? one : other;
    while (true) {
      String to = from.equals(one) ? other : one;
      dosql.db(from).run("INSERT INTO t SELECT max(x) + 1 FROM t");
      dosql.rename(from, to);
      say(to);
      from = to;
    }
  }

  private static void importAll(DBOptions options, Path source) {
    DoSQL dosql = DoSQL.open(options);
    long first = dosql.tenants().count();
    for (long i = first; ; i++) {
      String tenant = "imported" + i + "x".repeat(i % 2 == 0 ? 0 : 80);
      dosql.importFile(tenant, source);
      say(tenant);
    }
  }

  private static void exportAll(DBOptions options, String tenant, Path target) throws Exception {
    DoSQL dosql = DoSQL.open(options);
    Files.createDirectories(target);
    for (long i = System.nanoTime(); ; i++) {
      Path file = target.resolve(i + ".sqlite");
      dosql.db(tenant).exportTo(file);
      say(file);
    }
  }
}
