package dev.dosql.web.remote;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import dev.dosql.Queries;
import org.junit.jupiter.api.AfterEach;

/** The contract, of a database in this process: what the remote one is compared with. */
class LocalQueriesTest extends QueriesContract {
  private final DoSQL tenants = DoSQL.memory(options());
  private final DB db = tenants.create("acme");

  @Override
  Queries db() {
    return db;
  }

  @Override
  DB other() {
    return db;
  }

  @AfterEach
  void close() {
    tenants.close();
  }
}
