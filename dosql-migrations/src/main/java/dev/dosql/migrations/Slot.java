package dev.dosql.migrations;

import dev.dosql.migrations.Ledger.Applied;
import java.util.List;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.output.ValidateOutput;
import org.jspecify.annotations.Nullable;

/**
 * What Flyway knows a migration by.
 *
 * @param version its version; null for a repeatable one
 * @param description its description, which tells the repeatable ones apart
 */
record Slot(@Nullable MigrationVersion version, String description) {

  Slot(ValidateOutput output) {
    this(
        output.version == null || output.version.isEmpty()
            ? null
            : MigrationVersion.fromVersion(output.version),
        output.description);
  }

  Migration in(MigrationSet set) {
    return only(
        set.migrations().stream()
            .filter(m -> matches(m.file().version(), m.file().description()))
            .toList());
  }

  /** The last of its rows: a repeatable file has one for each time it ran. */
  Applied in(Ledger ledger) {
    return only(
        ledger.applied().stream().filter(a -> matches(a.version(), a.description())).toList());
  }

  private boolean matches(@Nullable MigrationVersion other, String otherDescription) {
    if (version == null || other == null) {
      return version == other && description.equals(otherDescription);
    }
    return version.compareTo(other) == 0;
  }

  private static <T> T only(List<T> found) {
    if (found.isEmpty()) {
      throw new IllegalStateException("Flyway names a migration that neither side knows");
    }
    return found.get(found.size() - 1);
  }
}
