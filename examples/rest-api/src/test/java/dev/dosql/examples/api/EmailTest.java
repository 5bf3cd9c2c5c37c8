package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.DB;
import dev.dosql.UniqueViolationException;
import dev.dosql.junit.DoSqlTest;
import org.junit.jupiter.api.Test;

// Defects 70 and 71: the database of a test is the real one, and refuses what the real one does.
// region service-test
@DoSqlTest(migrations = "classpath:migrations")
class EmailTest {
  @Test
  void email_usedTwice_isRefused_alsoInUpperCase(DB db) { // a tenant of this test
    Users.add(db, new NewUser("Ada", "ada@acme.example", null));

    assertThatExceptionOfType(UniqueViolationException.class)
        .isThrownBy(() -> Users.add(db, new NewUser("Eve", "ADA@acme.example", null)))
        .satisfies(e -> assertThat(e.columns()).containsExactly("email"));
  }
}
// endregion
