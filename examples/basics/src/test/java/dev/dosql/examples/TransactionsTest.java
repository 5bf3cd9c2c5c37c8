package dev.dosql.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.DB;
import dev.dosql.examples.Transactions.InsufficientFunds;
import dev.dosql.junit.DoSqlTest;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The transfer that the README shows. */
@DoSqlTest
class TransactionsTest {
  private final DB db;

  TransactionsTest(DB db) {
    this.db = db;
  }

  @BeforeEach
  void openAccounts() {
    db.exec("CREATE TABLE accounts (owner TEXT PRIMARY KEY, cents INTEGER NOT NULL) STRICT");
    db.run("INSERT INTO accounts VALUES ('ada', 100), ('bob', 0)");
  }

  private List<Long> cents() {
    return db.query(Long.class, "SELECT cents FROM accounts ORDER BY owner");
  }

  @Test
  void transfer_ofAllThereIs_movesIt() throws Exception {
    assertThat(Transactions.transfer(db, "ada", "bob", 100)).isZero();
    assertThat(cents()).containsExactly(0L, 100L);
  }

  @Test
  void transfer_ofMoreThanThereIs_movesNothing() {
    assertThatExceptionOfType(InsufficientFunds.class)
        .isThrownBy(() -> Transactions.transfer(db, "ada", "bob", 101));
    assertThat(cents()).containsExactly(100L, 0L);
  }
}
