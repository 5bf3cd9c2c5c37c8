package dev.dosql;

/** What happens to a tenant whose schema is newer than the migrations that are configured. */
public enum NewerSchema {
  /** Opening it is a {@link MigrationException}. */
  REFUSE,
  /** It is used as it is: the old version of a service while the new one is rolled out. */
  ALLOW
}
