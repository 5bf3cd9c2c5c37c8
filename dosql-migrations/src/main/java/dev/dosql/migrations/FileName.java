package dev.dosql.migrations;

import dev.dosql.migrations.MigrationFailure.Kind;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.flywaydb.core.api.MigrationVersion;
import org.jspecify.annotations.Nullable;

/**
 * What a file's name says.
 *
 * @param name the name itself
 * @param version its version, compared number by number; null for a repeatable file
 * @param description the rest, with spaces for underscores
 */
record FileName(String name, @Nullable MigrationVersion version, String description) {
  private static final Pattern NUMBERED = Pattern.compile("(\\d+(?:\\.\\d+)*)__?([^_].*)\\.sql");
  private static final Pattern FLYWAY = Pattern.compile("V(\\d+(?:[._]\\d+)*)__(.+)\\.sql");
  private static final Pattern REPEATABLE = Pattern.compile("R__(.+)\\.sql");

  /** Whether a file of this name is a migration or was probably meant as one. */
  static boolean isCandidate(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".sql") || lower.endsWith(".sql.conf");
  }

  static FileName parse(String name) throws MigrationFailure {
    Matcher versioned = NUMBERED.matcher(name);
    if (versioned.matches() || versioned.usePattern(FLYWAY).reset().matches()) {
      var version = MigrationVersion.fromVersion(versioned.group(1));
      return new FileName(name, version, describe(versioned.group(2)));
    }
    Matcher repeatable = REPEATABLE.matcher(name);
    if (repeatable.matches()) {
      return new FileName(name, null, describe(repeatable.group(1)));
    }
    throw new MigrationFailure(Kind.WRONGLY_NAMED, refusal(name), name, null);
  }

  /** Whether two files would stand for one migration. */
  boolean sameSlot(FileName other) {
    if (version == null || other.version == null) {
      return version == other.version && description.equals(other.description);
    }
    return version.compareTo(other.version) == 0;
  }

  private static String describe(String words) {
    return words.replace('_', ' ');
  }

  private static String refusal(String name) {
    if (name.toLowerCase(Locale.ROOT).endsWith(".conf")) {
      return "migration file is wrongly named: a .sql.conf file could take a migration out of its"
          + " transaction, needed only .sql files (file=%s)".formatted(name);
    }
    return "migration file is wrongly named: seen %s, needed 001_description.sql, ".formatted(name)
        + "1.2_description.sql, 20240101120000_description.sql, V1__description.sql,"
        + " V1.2__description.sql or R__description.sql (file=%s)".formatted(name);
  }
}
