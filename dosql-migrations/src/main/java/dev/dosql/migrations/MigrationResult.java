package dev.dosql.migrations;

import java.util.Optional;

/**
 * What one run of {@link Migrator#migrate} did.
 *
 * @param applied how many files were executed; 0 when the schema was up to date
 * @param version the newest version the database has now, as its file spelt it; empty when no
 *     versioned file was ever applied
 * @param newerThanSet whether the database has versions newer than any file of the set
 */
public record MigrationResult(int applied, Optional<String> version, boolean newerThanSet) {}
