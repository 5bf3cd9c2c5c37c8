package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dosql.testing.Callers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The defects of the guide that this library grew out of, by their numbers: each as the user of the
 * guide met it, and as it is here.
 */
class GuideDefectsTest {
  @AutoClose private final DB db = DB.memory();
  @TempDir Path parent;

  public record Todo(long id, String title) {}

  public record Product(long id, long stock, long cents) {}

  @BeforeEach
  void makeTables() {
    db.exec(
        """
        CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE,
          name TEXT NOT NULL CHECK (length(name) <= 100), bio TEXT, role TEXT DEFAULT 'user');
        CREATE UNIQUE INDEX users_name ON users (name);
        CREATE TABLE posts (id INTEGER PRIMARY KEY,
          author INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, title TEXT);
        CREATE TABLE products (id INTEGER PRIMARY KEY, stock INTEGER NOT NULL CHECK (stock >= 0),
          cents INTEGER NOT NULL);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, product INTEGER NOT NULL REFERENCES products,
          quantity INTEGER NOT NULL CHECK (quantity > 0), cents INTEGER NOT NULL);
        CREATE TABLE todos (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
        INSERT INTO products VALUES (1, 5, 250);
        """);
  }

  private long addUser(Queries queries, String email) {
    return queries
        .queryOne(
            long.class, "INSERT INTO users (email, name) VALUES (?, ?) RETURNING id", email, email)
        .orElseThrow();
  }

  @Test
  void defect04_insertIntoARead_isOneCallWithItsRows() {
    assertThat(db.query(Todo.class, "INSERT INTO todos (title) VALUES (?) RETURNING *", "buy milk"))
        .containsExactly(new Todo(1, "buy milk"));
    assertThatThrownBy(() -> db.query("INSERT INTO todos (title) VALUES ('x')"))
        .isInstanceOf(StatementException.class);
    assertThat(db.query("SELECT * FROM todos")).hasSize(1);
  }

  @Test
  void defect05_failedStatement_throwsAndNeverReturnsAnErrorAsData() {
    assertThatThrownBy(() -> db.run("INSERT INTO todos (title) VALUES (?)", (Object) null))
        .isInstanceOf(NotNullViolationException.class);
    assertThatThrownBy(() -> db.query("SELECT * FROM nowhere"))
        .isInstanceOf(StatementException.class);
  }

  @Test
  void defect08_valueOfTheWrongType_isAnErrorBeforeItIsStored() {
    assertThatThrownBy(() -> db.run("INSERT INTO todos (id, title) VALUES (?, 'x')", "12abc"))
        .isInstanceOf(ConstraintViolationException.class);
    assertThatThrownBy(() -> db.run("INSERT INTO todos (title) VALUES (?)", new Object()))
        .isInstanceOf(ParameterException.class);
    assertThat(db.query("SELECT * FROM todos")).isEmpty();
  }

  @Test
  void defect09_tenants_shareNoDatabaseAndNoneIsTheDefault() {
    try (DoSQL tenants = DoSQL.open(options().build())) {
      tenants.db("acme").exec("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
      assertThatThrownBy(() -> tenants.db("globex").query("SELECT x FROM t"))
          .isInstanceOf(StatementException.class);
      assertThat(tenants.tenants()).extracting(TenantInfo::name).containsOnly("acme", "globex");
      for (String none : new String[] {"", "\n"}) {
        assertThatThrownBy(() -> tenants.db(none)).isInstanceOf(InvalidTenantNameException.class);
      }
    }
  }

  private DBOptions.Builder options() {
    return DBOptions.builder().directory(parent.resolve("data"));
  }

  /** What SQL a service takes from others is its own affair; that reads do not write is ours. */
  @Test
  void defect10_queriesAndReads_neverChangeAnything() {
    for (String sql :
        List.of("DELETE FROM products", "DROP TABLE products", "CREATE TABLE x (y)")) {
      assertThatThrownBy(() -> db.query(sql)).isInstanceOf(StatementException.class);
      assertThatThrownBy(() -> db.read(view -> view.query(sql)))
          .isInstanceOf(StatementException.class);
    }
    assertThatThrownBy(() -> db.read(view -> view.query("DELETE FROM products RETURNING id")))
        .isInstanceOf(StatementException.class);
    assertThatThrownBy(() -> db.query("SELECT 1; DELETE FROM products"))
        .isInstanceOf(StatementException.class);
    assertThatThrownBy(() -> db.exec("ATTACH 'other.db' AS other"))
        .isInstanceOf(StatementException.class);
    assertThat(db.query("SELECT * FROM products")).hasSize(1);
  }

  @Test
  void defect12_folderOfMigrations_isNeverSilentlyEmpty() throws Exception {
    Path folder = parent.resolve("migrations");
    DBOptions options = options().migrations(folder.toString()).build();
    assertThatThrownBy(() -> DoSQL.open(options)).isInstanceOf(MigrationException.class);
    migration("001_start.sql", "CREATE TABLE t (x);");
    try (DoSQL tenants = DoSQL.open(options)) {
      assertThat(tenants.db("acme").query("SELECT x FROM t")).isEmpty();
    }
  }

  private void migration(String name, String sql) throws IOException {
    Files.createDirectories(parent.resolve("migrations"));
    Files.writeString(parent.resolve("migrations").resolve(name), sql);
  }

  @Test
  void defect15_errors_haveTypeFieldsAndCause() {
    addUser(db, "a@x");
    UniqueViolationException e =
        catchThrowableOfType(UniqueViolationException.class, () -> addUser(db, "a@x"));
    assertThat(e.table()).hasValue("users");
    assertThat(e).hasCauseInstanceOf(Exception.class).isInstanceOf(DoSQLException.class);
  }

  @Test
  void defect16_bigIntegersAndBlobs_areExact() {
    byte[] blob = {1, 2, -1, 0};
    db.run("CREATE TABLE v (n INTEGER, b BLOB)");
    long big = 9_007_199_254_740_993L;
    Row row = db.queryOne("INSERT INTO v VALUES (?, ?) RETURNING *", big, blob).orElseThrow();
    assertThat(row.getLong("n")).isEqualTo(big);
    assertThat(row.getBytes("b")).isEqualTo(blob);
    assertThat(db.run("INSERT INTO todos (id, title) VALUES (?, 'x')", big).lastInsertRowid())
        .isEqualTo(big);
  }

  @Test
  void defect18_transactionAndHandle_haveTheSameMethods() {
    for (Queries queries : new Queries[] {db}) {
      useEveryMethod(queries);
      db.useTransaction(this::useEveryMethod);
    }
    assertThat(db.query("SELECT * FROM todos")).isEmpty();
  }

  private void useEveryMethod(Queries queries) {
    queries.run("INSERT INTO todos (title) VALUES ('a')");
    queries.batch("INSERT INTO todos (title) VALUES (?)", List.of("b"));
    assertThat(queries.query("SELECT * FROM todos")).hasSize(2);
    assertThat(queries.queryOne("SELECT * FROM todos WHERE title = 'b'")).isPresent();
    assertThat(queries.prepare("SELECT * FROM todos").all()).hasSize(2);
    queries.exec("DELETE FROM todos;");
  }

  @Test
  void defect20_readInsideTransaction_seesRealData() {
    db.useTransaction(
        tx -> {
          Product product =
              tx.queryOne(Product.class, "SELECT * FROM products WHERE id = 1").orElseThrow();
          assertThat(product).isEqualTo(new Product(1, 5, 250));
          assertThat(tx.run("UPDATE products SET stock = stock - 1 WHERE id = 1").changes())
              .isEqualTo(1);
          assertThat(tx.queryOne(long.class, "SELECT stock FROM products")).hasValue(4L);
        });
  }

  @Test
  void defect21_transaction_returnsTheValueOfItsWork() {
    assertThat(
            db.<String, RuntimeException>transaction(
                tx -> {
                  addUser(tx, "a@x");
                  return "order-7";
                }))
        .isEqualTo("order-7");
    assertThat(db.<Map<String, Integer>, RuntimeException>transaction(tx -> Map.of("n", 1)))
        .containsEntry("n", 1);
  }

  @Test
  void defect22_foreignKeyOfAPreviousInsert_isItsRealId() {
    addUser(db, "first@x");
    long author =
        db.<Long, RuntimeException>transaction(
            tx -> {
              long id = addUser(tx, "b@x");
              tx.run("INSERT INTO posts (author, title) VALUES (?, 'hello')", id);
              return id;
            });
    assertThat(db.queryOne(long.class, "SELECT author FROM posts")).hasValue(author);
    assertThat(author).isEqualTo(2);
  }

  @Test
  void defect23_queryOneInTransaction_isOneRowAndNoList() {
    addUser(db, "a@x");
    db.useTransaction(
        tx -> {
          assertThat(tx.queryOne("SELECT email FROM users").orElseThrow().getString("email"))
              .isEqualTo("a@x");
          assertThat(tx.queryOne("SELECT email FROM users WHERE id = 9")).isEmpty();
        });
  }

  @Test
  void defect24_nestedTransactionThatFails_isUndoneAlone() {
    db.useTransaction(
        tx -> {
          addUser(tx, "a@x");
          try {
            tx.useTransaction(
                inner -> {
                  addUser(inner, "b@x");
                  throw new IllegalStateException("inner");
                });
          } catch (IllegalStateException e) {
            assertThat(e).hasMessage("inner");
          }
          addUser(tx, "c@x");
        });
    assertThat(db.query(String.class, "SELECT email FROM users ORDER BY id"))
        .containsExactly("a@x", "c@x");
  }

  @Test
  void defect25_readThenWriteByMany_losesNoUpdate() throws Exception {
    db.run("UPDATE products SET stock = 0");
    Callers.together(
        8,
        number -> {
          for (int i = 0; i < 25; i++) {
            db.useTransaction(
                tx -> {
                  long stock = tx.queryOne(long.class, "SELECT stock FROM products").orElseThrow();
                  tx.run("UPDATE products SET stock = ?", stock + 1);
                });
          }
          return null;
        });
    assertThat(db.queryOne(long.class, "SELECT stock FROM products")).hasValue(200L);
  }

  @Test
  void defect26_failureOfTheWork_comesOutAsItWas() {
    IllegalArgumentException cause = new IllegalArgumentException("mine");
    assertThatThrownBy(
            () ->
                db.useTransaction(
                    tx -> {
                      throw cause;
                    }))
        .isSameAs(cause);
  }

  @Test
  void defect33_tenantReachedInAnyWay_isOneDatabase() {
    DBOptions options = options().build();
    try (DB acme = DB.open("acme", options)) {
      acme.exec("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
      try (DB again = DB.open("acme", options)) {
        again.run("INSERT INTO t VALUES (2)");
      }
      assertThat(acme.query(int.class, "SELECT x FROM t")).containsExactly(1, 2);
    }
    try (DoSQL tenants = DoSQL.open(options)) {
      tenants.db("acme").run("INSERT INTO t VALUES (3)");
      DB found = tenants.find("acme").orElseThrow();
      assertThat(found.query(int.class, "SELECT x FROM t")).containsExactly(1, 2, 3);
      assertThat(tenants.tenants()).extracting(TenantInfo::name).containsExactly("acme");
    }
  }

  @Test
  void defect36_momentThatIsNone_isAnErrorAndTextWithoutZoneIsUtc() {
    assertThatThrownBy(() -> db.query(Instant.class, "SELECT 'soon'"))
        .isInstanceOf(MappingException.class);
    assertThat(db.query(Instant.class, "SELECT '2026-01-31 10:00:00'"))
        .containsExactly(Instant.parse("2026-01-31T10:00:00Z"));
  }

  /** A library has no page size to impose; here is what SQLite makes of the guide's calls. */
  @Test
  void defect42_limit_isSqlitesAndItsTypeIsChecked() {
    db.batch("INSERT INTO todos (title) VALUES (?)", List.of("a", "b", "c"));
    assertThat(db.query("SELECT * FROM todos LIMIT ?", 2)).hasSize(2);
    assertThatThrownBy(() -> db.query("SELECT * FROM todos LIMIT ?", "many"))
        .isInstanceOf(DoSQLException.class);
    assertThatThrownBy(() -> db.query("SELECT * FROM todos LIMIT ?", Double.NaN))
        .isInstanceOf(ParameterException.class);
  }

  @Test
  void defect43_pageAndTotal_areOfOneState() throws Exception {
    db.batch("INSERT INTO todos (title) VALUES (?)", List.of("a", "b"));
    db.read(
        reads -> {
          List<Row> page = reads.query("SELECT * FROM todos");
          Callers.together(1, number -> db.run("DELETE FROM todos"));
          assertThat(reads.queryOne(long.class, "SELECT count(*) FROM todos"))
              .hasValue((long) page.size());
          return null;
        });
  }

  @Test
  void defect45_textThatBeginsWithDigits_isNoNumber() {
    assertThatThrownBy(() -> db.query(long.class, "SELECT '12abc'"))
        .isInstanceOf(MappingException.class);
    assertThat(db.queryOne("SELECT * FROM products WHERE id = ?", "1abc")).isEmpty();
  }

  @Test
  void defect46_insertAndItsRow_areOneStatement() {
    Row user =
        db.queryOne("INSERT INTO users (email, name) VALUES ('a@x', 'Ada') RETURNING *")
            .orElseThrow();
    assertThat(user.toMap()).containsEntry("role", "user").containsEntry("id", 1L);
  }

  @Test
  void defect47_uniqueViolations_areToldApartByColumn() {
    db.run("INSERT INTO users (email, name) VALUES ('a@x', 'Ada')");
    String insert = "INSERT INTO users (email, name) VALUES (?, ?)";
    assertThat(
            catchThrowableOfType(UniqueViolationException.class, () -> db.run(insert, "a@x", "Bob"))
                .columns())
        .containsExactly("email");
    assertThat(
            catchThrowableOfType(UniqueViolationException.class, () -> db.run(insert, "b@x", "Ada"))
                .columns())
        .containsExactly("name");
  }

  @Test
  void defect48_nullableColumn_canBeCleared() {
    addUser(db, "a@x");
    db.run("UPDATE users SET bio = :bio", Params.of("bio", "text"));
    db.run("UPDATE users SET bio = :bio", Params.of("bio", null));
    assertThat(db.queryOne("SELECT bio FROM users").orElseThrow().isNull("bio")).isTrue();
  }

  @Test
  void defect49_deleteCascades_becauseForeignKeysAreOn() {
    long id = addUser(db, "a@x");
    db.run("INSERT INTO posts (author, title) VALUES (?, 't')", id);
    assertThatThrownBy(() -> db.run("INSERT INTO posts (author) VALUES (99)"))
        .isInstanceOf(ForeignKeyViolationException.class);
    assertThat(db.run("DELETE FROM users WHERE id = ?", id).changes()).isEqualTo(1);
    assertThat(db.query("SELECT * FROM posts")).isEmpty();
  }

  @Test
  void defect50_extraColumns_areIgnoredByTheRecord() {
    addUser(db, "a@x");
    assertThat(db.query(Email.class, "SELECT * FROM users")).containsExactly(new Email("a@x"));
  }

  public record Email(String email) {}

  @Test
  void defect53_eachKindOfViolation_isATypeOfItsOwn() {
    addUser(db, "a@x");
    assertThatThrownBy(() -> addUser(db, "a@x")).isInstanceOf(UniqueViolationException.class);
    assertThatThrownBy(() -> db.run("INSERT INTO posts (author) VALUES (99)"))
        .isInstanceOf(ForeignKeyViolationException.class);
    assertThatThrownBy(() -> db.run("INSERT INTO todos (title) VALUES (?)", (Object) null))
        .isInstanceOf(NotNullViolationException.class);
    assertThatThrownBy(() -> db.run("UPDATE products SET stock = -1"))
        .isInstanceOf(CheckViolationException.class);
  }

  @Test
  void defect54_tableWithoutMigration_isAnErrorAndNoEmptyResult() throws Exception {
    migration("001_start.sql", "CREATE TABLE t (x);");
    DBOptions options = options().migrations(parent.resolve("migrations").toString()).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      assertThatThrownBy(() -> tenants.db("acme").query("SELECT * FROM events"))
          .isInstanceOf(StatementException.class);
    }
  }

  @Test
  void defect55_badFile_isUndoneWholeAndBricksNoTenant() throws Exception {
    migration("001_start.sql", "CREATE TABLE t (x);");
    DBOptions options = options().migrations(parent.resolve("migrations").toString()).build();
    try (DoSQL tenants = DoSQL.open(options)) {
      tenants.db("acme").run("INSERT INTO t VALUES (1)");
    }
    migration("002_more.sql", "CREATE TABLE u (y);\nINSERT INTO u VALUES (1);\nnonsense;");
    assertThat(migrationFailure(options))
        .returns(MigrationException.Kind.STATEMENT_FAILED, MigrationException::kind)
        .satisfies(e -> assertThat(e.file().orElseThrow()).contains("002_more.sql"))
        .returns(3, MigrationException::line);
    migration("002_more.sql", "CREATE TABLE u (y);");
    try (DoSQL tenants = DoSQL.open(options)) {
      assertThat(tenants.db("acme").query("SELECT y FROM u")).isEmpty();
      assertThat(tenants.db("acme").query(int.class, "SELECT x FROM t")).containsExactly(1);
    }
    migration("002_more.sql", "CREATE TABLE u (y, z);");
    assertThat(migrationFailure(options).kind()).isEqualTo(MigrationException.Kind.EDITED);
  }

  private static MigrationException migrationFailure(DBOptions options) {
    try (DoSQL tenants = DoSQL.open(options)) {
      return catchThrowableOfType(
          MigrationException.class, () -> tenants.db("acme").query("SELECT 1"));
    }
  }

  @Test
  void defect57_order_isPlacedOnceWithTheStoredPriceAndNeverBeyondTheStock() throws Exception {
    List<Boolean> placed = Callers.together(8, number -> place(1, 1));
    assertThat(placed).filteredOn(done -> done).hasSize(5);
    assertThat(db.queryOne(long.class, "SELECT stock FROM products")).hasValue(0L);
    assertThat(db.query(long.class, "SELECT cents FROM orders")).hasSize(5).containsOnly(250L);
    assertThatThrownBy(() -> place(1, -1)).isInstanceOf(CheckViolationException.class);
    assertThat(db.queryOne(long.class, "SELECT stock FROM products")).hasValue(0L);
  }

  private boolean place(long product, long quantity) {
    return db.<Boolean, RuntimeException>transaction(
        tx -> {
          long taken =
              tx.run(
                      "UPDATE products SET stock = stock - :n WHERE id = :id AND stock >= :n",
                      Map.of("n", quantity, "id", product))
                  .changes();
          if (taken == 0) {
            return false;
          }
          tx.run(
              "INSERT INTO orders (product, quantity, cents)"
                  + " SELECT id, :n, cents * :n FROM products WHERE id = :id",
              Map.of("n", quantity, "id", product));
          return true;
        });
  }

  @Test
  void defect58_oneBadItemOfMany_isCaughtAndTheOthersAreStored() {
    List<Long> inserted = new ArrayList<>();
    List<String> failed = new ArrayList<>();
    db.useTransaction(
        tx -> {
          for (String email : List.of("a@x", "b@x", "a@x", "c@x")) {
            try {
              inserted.add(tx.<Long, RuntimeException>transaction(item -> addUser(item, email)));
            } catch (UniqueViolationException e) {
              failed.add(email);
            }
          }
        });
    assertThat(inserted).hasSize(3);
    assertThat(failed).containsExactly("a@x");
    assertThat(db.query("SELECT * FROM users")).hasSize(3);
  }

  @Test
  void defect70_testDatabase_isTheRealEngine() {
    assertThat(db.queryOne(String.class, "SELECT sqlite_version()").orElseThrow()).startsWith("3.");
    assertThatThrownBy(() -> db.run("INSERT INTO users (email) VALUES ('x')"))
        .isInstanceOf(NotNullViolationException.class);
    assertThat(db.run("UPDATE users SET bio = 'x' WHERE id = 404").changes()).isZero();
    assertThat(db.query("SELECT * FROM users WHERE email = ? LIMIT 1", "nobody")).isEmpty();
  }

  @Test
  void defect71_conditionParametersOrderAndLimit_count() {
    for (String name : List.of("c", "a", "b")) {
      addUser(db, name);
    }
    assertThat(
            db.query(
                String.class,
                "select email from users where email > ? order by email limit ?",
                "a",
                1))
        .containsExactly("b");
    assertThat(db.run("update users set bio = 'x' where email = 'nobody'").changes()).isZero();
    assertThat(db.run("delete from users where email <> 'a'").changes()).isEqualTo(2);
  }
}
