package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.testing.Callers;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A tenant through Jdbi 3, as its users would. */
@Timeout(120)
class JdbiTest {
  private static final int THREADS = 16;
  private static final int EACH = 40;

  @AutoClose private final DB db = DB.memory();
  private final Jdbi jdbi = Jdbi.create(db.dataSource());

  /** What a row of accounts becomes. */
  public record Account(long id, String owner, long cents) {}

  @BeforeEach
  void makeTables() {
    jdbi.useHandle(
        handle ->
            handle
                .createScript(
                    """
                    CREATE TABLE accounts (
                      id INTEGER PRIMARY KEY, owner TEXT NOT NULL UNIQUE, cents INTEGER NOT NULL);
                    CREATE TABLE cells (id INTEGER PRIMARY KEY, v);
                    """)
                .execute());
  }

  @Test
  void threads16_inTransactions_loseNoUpdate() throws Exception {
    jdbi.useHandle(handle -> handle.execute("INSERT INTO accounts VALUES (1, 'ada', 0)"));
    Callers.together(
        THREADS,
        number -> {
          for (int i = 0; i < EACH; i++) {
            jdbi.useTransaction(
                handle -> {
                  long cents =
                      handle
                          .createQuery("SELECT cents FROM accounts WHERE id = 1")
                          .mapTo(Long.class)
                          .one();
                  handle.execute("UPDATE accounts SET cents = ? WHERE id = 1", cents + 1);
                });
            jdbi.useHandle(
                handle ->
                    handle.execute(
                        "INSERT INTO accounts (owner, cents) VALUES (?, 0)",
                        UUID.randomUUID().toString()));
          }
          return null;
        });
    assertThat(db.queryOne(Long.class, "SELECT cents FROM accounts WHERE id = 1"))
        .hasValue((long) THREADS * EACH);
    assertThat(db.queryOne(Long.class, "SELECT count(*) FROM accounts"))
        .hasValue(1L + THREADS * EACH);
  }

  @Test
  void updatesQueriesBatchesAndKeys_workAsInJdbi() {
    Account ada =
        jdbi.withHandle(
            handle ->
                handle
                    .createUpdate("INSERT INTO accounts (owner, cents) VALUES (:owner, :cents)")
                    .bindMap(Map.of("owner", "ada", "cents", 100))
                    .executeAndReturnGeneratedKeys("id", "owner", "cents")
                    .map(ConstructorMapper.of(Account.class))
                    .one());
    assertThat(ada).isEqualTo(new Account(1, "ada", 100));
    List<Long> ids =
        jdbi.withHandle(
            handle -> {
              PreparedBatch batch =
                  handle.prepareBatch("INSERT INTO accounts (owner, cents) VALUES (?, ?)");
              batch.add("bob", 1).add("carl", 2);
              return batch.executePreparedBatch("id").mapTo(Long.class).list();
            });
    assertThat(ids).containsExactly(2L, 3L);
    List<String> owners =
        jdbi.withHandle(
            handle ->
                handle
                    .createQuery("SELECT owner FROM accounts WHERE id IN (<ids>) ORDER BY id")
                    .bindList("ids", List.of(1, 3))
                    .mapTo(String.class)
                    .list());
    assertThat(owners).containsExactly("ada", "carl");
  }

  @Test
  void values_boundAndMapped_areTheLibrarys() {
    UUID uuid = UUID.randomUUID();
    Instant instant = Instant.parse("2026-11-22T15:27:54.279Z");
    LocalDate date = LocalDate.of(2026, 11, 22);
    LocalDateTime local = LocalDateTime.of(2026, 11, 22, 1, 2, 3);
    jdbi.useHandle(
        handle -> {
          handle.execute("INSERT INTO cells (v) VALUES (?)", instant);
          handle.execute("INSERT INTO cells (v) VALUES (?)", date);
          handle.execute("INSERT INTO cells (v) VALUES (?)", uuid.toString());
          handle.execute("INSERT INTO cells (v) VALUES (?)", true);
          handle.execute("INSERT INTO cells (v) VALUES (?)", local);
          handle.execute("INSERT INTO cells (v) VALUES (?)", new BigDecimal("1.50"));
          assertThat(cell(handle, 1, Instant.class)).isEqualTo(instant);
          assertThat(cell(handle, 2, LocalDate.class)).isEqualTo(date);
          assertThat(cell(handle, 3, UUID.class)).isEqualTo(uuid);
          assertThat(cell(handle, 4, Boolean.class)).isTrue();
          assertThat(cell(handle, 5, LocalDateTime.class)).isEqualTo(local);
          assertThat(cell(handle, 6, BigDecimal.class)).isEqualTo(new BigDecimal("1.50"));
        });
    assertThat(db.queryOne(Instant.class, "SELECT v FROM cells WHERE id = 1")).hasValue(instant);
    assertThat(db.queryOne(LocalDate.class, "SELECT v FROM cells WHERE id = 2")).hasValue(date);
  }

  private static <T> T cell(Handle handle, int id, Class<T> type) {
    return handle.createQuery("SELECT v FROM cells WHERE id = ?").bind(0, id).mapTo(type).one();
  }

  @Test
  void failures_rollBackAndAreTold() {
    jdbi.useHandle(handle -> handle.execute("INSERT INTO accounts VALUES (1, 'ada', 0)"));
    assertThatThrownBy(
            () ->
                jdbi.useTransaction(
                    handle -> {
                      handle.execute("UPDATE accounts SET cents = 5");
                      handle.execute("INSERT INTO accounts VALUES (2, 'ada', 0)");
                    }))
        .isInstanceOf(UnableToExecuteStatementException.class)
        .satisfies(e -> assertThat(((SQLException) e.getCause()).getSQLState()).isEqualTo("23505"));
    assertThat(db.queryOne(Long.class, "SELECT sum(cents) FROM accounts")).hasValue(0L);
    assertThatThrownBy(() -> jdbi.useHandle(handle -> handle.execute("BEGIN IMMEDIATE")))
        .isInstanceOf(JdbiException.class);
  }

  @Test
  void savepointsAndReadOnly_workAsInJdbi() {
    jdbi.useTransaction(
        handle -> {
          handle.execute("INSERT INTO accounts VALUES (1, 'ada', 0)");
          handle.savepoint("one");
          handle.execute("INSERT INTO accounts VALUES (2, 'bob', 0)");
          handle.rollbackToSavepoint("one");
        });
    jdbi.useHandle(
        handle -> {
          handle.setReadOnly(true);
          handle.begin();
          assertThat(owners(handle)).containsExactly("ada");
          db.run("INSERT INTO accounts VALUES (3, 'eve', 0)");
          assertThat(owners(handle)).containsExactly("ada");
          handle.commit();
          assertThat(owners(handle)).containsExactly("ada", "eve");
        });
  }

  private static List<String> owners(Handle handle) {
    return handle.createQuery("SELECT owner FROM accounts ORDER BY id").mapTo(String.class).list();
  }
}
