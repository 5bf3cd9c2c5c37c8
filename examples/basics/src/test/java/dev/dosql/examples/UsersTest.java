package dev.dosql.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import dev.dosql.UniqueViolationException;
import dev.dosql.junit.DoSqlTest;
import org.junit.jupiter.api.Test;

/** The schema of the users; the test that the README shows. */
// tag::users-test[]
@DoSqlTest(migrations = "classpath:migrations")
class UsersTest {
  private static final String INSERT = "INSERT INTO users (email) VALUES (?)";

  @Test
  void email_usedTwice_isRefused(DB db) { // a tenant of this test, migrated and empty
    db.run(INSERT, "ada@acme.example");
    assertThatExceptionOfType(UniqueViolationException.class)
        .isThrownBy(() -> db.run(INSERT, "ada@acme.example"));
  }

  @Test
  void email_ofAnotherTenant_isFree(DoSQL dosql) { // tenants of this test only
    DB globex = dosql.create("globex");
    dosql.create("acme").run(INSERT, "ada@acme.example");
    assertThat(globex.run(INSERT, "ada@acme.example").changes()).isEqualTo(1);
  }
}
// end::users-test[]
