package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.testing.Callers;
import dev.dosql.testing.HeldWriter;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.support.GeneratedKeyHolder;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** A tenant through Spring's {@code JdbcClient} and {@code TransactionTemplate}. */
@Timeout(120)
@SuppressWarnings("try") // the writer that is held
class SpringJdbcTest {
  private static final int THREADS = 16;
  private static final int EACH = 40;

  @AutoClose
  private final DB db =
      DB.memory(DBOptions.builder().writeLockTimeout(Duration.ofSeconds(20)).build());

  private final JdbcClient client = JdbcClient.create(db.dataSource());
  private final DataSourceTransactionManager manager = new JdbcTransactionManager(db.dataSource());
  private final TransactionTemplate transaction = new TransactionTemplate(manager);

  /** What a row of accounts becomes. */
  public record Account(long id, String owner, long cents) {}

  @BeforeEach
  void makeTables() {
    client
        .sql(
            "CREATE TABLE accounts ("
                + "id INTEGER PRIMARY KEY, owner TEXT NOT NULL UNIQUE, cents INTEGER NOT NULL,"
                + " boss INTEGER REFERENCES accounts (id))")
        .update();
    client.sql("CREATE TABLE cells (id INTEGER PRIMARY KEY, v)").update();
  }

  private void add(String owner) {
    client.sql("INSERT INTO accounts (owner, cents) VALUES (?, 0)").param(owner).update();
  }

  private long count() {
    return client.sql("SELECT count(*) FROM accounts").query(Long.class).single();
  }

  @Test
  void threads16_inTransactions_loseNoUpdate() throws Exception {
    add("ada");
    Callers.together(
        THREADS,
        number -> {
          for (int i = 0; i < EACH; i++) {
            transaction.executeWithoutResult(
                status -> {
                  long cents =
                      client
                          .sql("SELECT cents FROM accounts WHERE owner = 'ada'")
                          .query(Long.class)
                          .single();
                  client
                      .sql("UPDATE accounts SET cents = :cents WHERE owner = 'ada'")
                      .param("cents", cents + 1)
                      .update();
                });
            add(UUID.randomUUID().toString());
          }
          return null;
        });
    assertThat(db.queryOne(Long.class, "SELECT cents FROM accounts WHERE owner = 'ada'"))
        .hasValue((long) THREADS * EACH);
    assertThat(count()).isEqualTo(1 + THREADS * EACH);
  }

  @Test
  void failure_inATransaction_undoesItAndIsTranslated() {
    add("ada");
    assertThatThrownBy(
            () ->
                transaction.executeWithoutResult(
                    status -> {
                      add("bob");
                      add("ada");
                    }))
        .isInstanceOf(DuplicateKeyException.class)
        .hasRootCauseInstanceOf(Exception.class);
    assertThat(count()).isEqualTo(1);
    assertThatThrownBy(() -> client.sql("INSERT INTO accounts (owner) VALUES ('x')").update())
        .isInstanceOf(DataIntegrityViolationException.class)
        .isNotInstanceOf(DuplicateKeyException.class);
    assertThatThrownBy(() -> client.sql("INSERT INTO accounts VALUES (5, 'y', 1, 99)").update())
        .isInstanceOf(DataIntegrityViolationException.class);
    assertThatThrownBy(() -> client.sql("SELECT * FROM nope").query().listOfRows())
        .isInstanceOf(BadSqlGrammarException.class);
    assertThatThrownBy(() -> client.sql("ATTACH 'x.db' AS x").update())
        .isInstanceOf(BadSqlGrammarException.class);
    JdbcTemplate template = new JdbcTemplate(db.dataSource());
    assertThatThrownBy(
            () ->
                template.batchUpdate(
                    "INSERT INTO accounts (owner, cents) VALUES (?, 0)",
                    List.of(new Object[] {"new"}, new Object[] {"ada"})))
        .isInstanceOf(DuplicateKeyException.class);
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void keysRecordsAndValues_workAsInSpring() {
    GeneratedKeyHolder keys = new GeneratedKeyHolder();
    client
        .sql("INSERT INTO accounts (owner, cents) VALUES (:owner, :cents)")
        .params(Map.of("owner", "ada", "cents", 100))
        .update(keys);
    assertThat(keys.getKeyAs(Long.class)).isEqualTo(1L);
    client.sql("INSERT INTO accounts (owner, cents) VALUES ('bob', 7)").update(keys, "id", "owner");
    assertThat(keys.getKeys()).containsEntry("id", 2L).containsEntry("owner", "bob");
    assertThat(
            client
                .sql("SELECT * FROM accounts WHERE id IN (:ids) ORDER BY id")
                .param("ids", List.of(1, 2))
                .query(Account.class)
                .list())
        .containsExactly(new Account(1, "ada", 100), new Account(2, "bob", 7));
    UUID uuid = UUID.randomUUID();
    Instant instant = Instant.parse("2026-11-22T15:27:54.279Z");
    List<Object> values =
        List.of(uuid, instant, LocalDate.of(2026, 11, 22), new BigDecimal("1.50"), true, 0.5);
    for (Object value : values) {
      client.sql("DELETE FROM cells").update();
      client.sql("INSERT INTO cells (v) VALUES (?)").param(value).update();
      assertThat(client.sql("SELECT v FROM cells").query(value.getClass()).single())
          .isEqualTo(value);
      assertThat(db.queryOne(value.getClass(), "SELECT v FROM cells").orElseThrow())
          .isEqualTo(value);
    }
    client.sql("UPDATE cells SET v = :v").param("v", null).update();
    assertThat(client.sql("SELECT v FROM cells").query().singleRow()).containsEntry("v", null);
  }

  @Test
  void readOnly_isASnapshotThatWaitsForNobody() {
    add("ada");
    TransactionTemplate reading = new TransactionTemplate(manager);
    reading.setReadOnly(true);
    try (HeldWriter held = HeldWriter.of(db)) {
      assertThat(reading.<Long>execute(status -> count())).isEqualTo(1);
    }
    reading.executeWithoutResult(
        status -> {
          assertThat(count()).isEqualTo(1);
          db.run("INSERT INTO accounts (owner, cents) VALUES ('bob', 0)");
          assertThat(count()).isEqualTo(1);
          assertThatThrownBy(() -> add("eve")).hasRootCauseInstanceOf(ReadOnlyException.class);
        });
    add("carl");
    assertThat(count()).isEqualTo(3);
  }

  @Test
  void nestedTransaction_isASavepoint_andTheTimeoutEndsStatements() {
    TransactionTemplate nested = new TransactionTemplate(manager);
    nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
    transaction.executeWithoutResult(
        status -> {
          add("ada");
          nested.executeWithoutResult(
              inner -> {
                add("bob");
                inner.setRollbackOnly();
              });
          add("carl");
        });
    assertThat(db.query(String.class, "SELECT owner FROM accounts")).containsExactly("ada", "carl");
    TransactionTemplate hasty = new TransactionTemplate(manager);
    hasty.setTimeout(1);
    assertThatThrownBy(
            () ->
                hasty.executeWithoutResult(
                    status ->
                        client
                            .sql(
                                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                                    + " WHERE i < 2000000000) SELECT sum(i) FROM n")
                            .query(Long.class)
                            .single()))
        .isInstanceOf(QueryTimeoutException.class);
    add("after");
  }
}
