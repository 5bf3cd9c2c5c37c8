package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.DB;
import dev.dosql.junit.DoSqlTest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Defect 58. */
@DoSqlTest(migrations = "classpath:migrations")
class BulkUsersTest {
  @Test
  void add_withADuplicateAndAnInvalidOne_storesTheOthers_andSaysWhichFailed(DB db) {
    BulkUsers.Outcome outcome =
        BulkUsers.add(
            db,
            List.of(user("a"), user("a"), new NewUser("", "b@acme.example", null), user("c")),
            Validation::valid);

    assertThat(outcome.success()).isEqualTo(2);
    assertThat(outcome.insertedIds()).hasSize(2);
    assertThat(outcome.errors()).extracting(BulkUsers.Failure::index).containsExactly(1, 2);
    assertThat(outcome.errors().get(0).code()).isEqualTo("unique");
    assertThat(outcome.errors().get(1).details().toString())
        .contains("name")
        .doesNotContain("acme");
    assertThat(Users.page(db, null, Long.MAX_VALUE, 10))
        .extracting(User::email)
        .containsExactly("c@acme.example", "a@acme.example");
  }

  @Test
  void add_thatFailsOtherwise_storesNothing(DB db) {
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(
            () ->
                BulkUsers.add(
                    db,
                    List.of(user("a"), user("b")),
                    user -> {
                      if (user.name().equals("b")) {
                        throw new IllegalStateException("stop");
                      }
                    }));

    assertThat(Users.count(db, null)).isZero();
  }

  private static NewUser user(String name) {
    return new NewUser(name, name + "@acme.example", null);
  }
}
