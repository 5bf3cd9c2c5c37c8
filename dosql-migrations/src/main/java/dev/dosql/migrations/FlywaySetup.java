package dev.dosql.migrations;

import java.io.IOException;
import java.net.URL;
import java.util.Collection;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.migration.JavaMigration;
import org.flywaydb.core.api.resolver.MigrationResolver;
import org.flywaydb.core.api.resolver.ResolvedMigration;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/** Makes a Flyway that sees the migrations of a set and nothing else. */
final class FlywaySetup {
  private static final ClassLoader NO_RESOURCES = new NoResources();

  private FlywaySetup() {}

  static Flyway of(MigrationSet set, DataSource database, boolean newer) {
    // Under a newer schema the repeatable files of the newer set are in force, not ours.
    Resolver resolver =
        new Resolver(
            set.migrations().stream()
                .filter(migration -> !newer || !migration.isRepeatable())
                .map(Script::resolve)
                .toList());
    String[] ignored =
        newer
            ? new String[] {"*:pending", "*:future", "repeatable:missing"}
            : new String[] {"*:pending"};
    Flyway flyway =
        Flyway.configure(NO_RESOURCES)
            .loggers() // nobody, until FlywayLog is installed
            .dataSource(database)
            .table(Ledger.TABLE)
            .resolvers(resolver)
            .skipDefaultResolvers(true)
            .skipDefaultCallbacks(true)
            .resourceProvider(new NoFiles())
            .javaMigrationClassProvider(List::<Class<? extends JavaMigration>>of)
            .ignoreMigrationPatterns(ignored)
            .placeholderReplacement(false)
            .validateMigrationNaming(true)
            .cleanDisabled(true)
            .baselineOnMigrate(false)
            .outOfOrder(false)
            .mixed(false)
            .group(false)
            .load();
    FlywayLog.install();
    return flyway;
  }

  private record Resolver(List<ResolvedMigration> migrations) implements MigrationResolver {
    @Override
    public Collection<ResolvedMigration> resolveMigrations(Context context) {
      return migrations;
    }
  }

  /** Keeps Flyway from scanning anything, per database. */
  private static final class NoFiles implements ResourceProvider {
    @Override
    public @Nullable LoadableResource getResource(String name) {
      return null;
    }

    @Override
    public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
      return List.of();
    }
  }

  /**
   * Keeps Flyway from its search for callbacks in {@code db/callback} of the class path, which it
   * makes for every instance: those would be meant for the user's own Flyway.
   */
  private static final class NoResources extends ClassLoader {
    NoResources() {
      super(FlywaySetup.class.getClassLoader());
    }

    @Override
    public @Nullable URL getResource(String name) {
      return null;
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      return Collections.emptyEnumeration();
    }
  }
}
