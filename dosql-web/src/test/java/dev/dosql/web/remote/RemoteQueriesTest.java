package dev.dosql.web.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DB;
import dev.dosql.Queries;
import org.junit.jupiter.api.AfterEach;

/** The contract, of a database that an endpoint serves. */
class RemoteQueriesTest extends QueriesContract {
  private final Endpoint endpoint = new Endpoint(options(), RemoteServer.Builder::allowAll);
  private final RemoteDB db = endpoint.client(builder -> builder.converter(new PointConverter()));

  @Override
  Queries db() {
    return db;
  }

  @Override
  DB other() {
    return endpoint.local();
  }

  @AfterEach
  void nothingIsHeld() {
    assertThat(endpoint.server.openTransactions()).isZero();
    db.close();
    endpoint.close();
  }
}
