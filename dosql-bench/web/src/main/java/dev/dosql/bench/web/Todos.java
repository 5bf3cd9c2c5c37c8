package dev.dosql.bench.web;

import java.util.Optional;

/** The todos of all tenants; safe for use by many threads. */
interface Todos extends AutoCloseable {
  /** A row; empty if there is none, or no such tenant. */
  Optional<Todo> find(String tenant, long id);

  /**
   * Stores a row, which is on the disk when this returns; the tenant is made if it is not there.
   */
  Todo add(String tenant, String title);

  @Override
  void close();
}
