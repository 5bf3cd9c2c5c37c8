package dev.dosql.internal.sql;

/** What a statement does, by its first keyword; {@code WITH} counts as the verb behind it. */
public enum Verb {
  /** SELECT. */
  SELECT,
  /** VALUES. */
  VALUES,
  /** INSERT and REPLACE. */
  INSERT,
  /** UPDATE. */
  UPDATE,
  /** DELETE. */
  DELETE,
  /** CREATE, ALTER, DROP, REINDEX and ANALYZE. */
  SCHEMA,
  /** A PRAGMA that only reads. */
  PRAGMA,
  /** EXPLAIN of anything. */
  EXPLAIN,
  /** What SQLite will not know either. */
  OTHER
}
