package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.CheckViolationException;
import dev.dosql.DB;
import dev.dosql.junit.DoSqlTest;
import dev.dosql.web.Accounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Defects 54 and 55: every table has a migration, and rules where values have some. */
@DoSqlTest(migrations = "classpath:migrations")
class SchemaTest {
  @Test
  void tables_areThoseOfTheGuide(DB db) {
    assertThat(
            db.query(
                String.class,
                "SELECT name FROM sqlite_schema WHERE type = 'table'"
                    + " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                    + " AND name NOT LIKE '\\_dosql\\_%' ESCAPE '\\'"
                    + " AND name NOT LIKE 'posts\\_words%' ESCAPE '\\'"))
        .contains(
            "auth_accounts",
            "auth_sessions",
            "users",
            "posts",
            "comments",
            "products",
            "orders",
            "order_items",
            "events");
  }

  @Test
  void accounts_haveTheTablesOfTheLibrary() throws IOException {
    assertThat(Files.readString(Path.of("src/main/resources/migrations/001_create_accounts.sql")))
        .isEqualTo(Accounts.schema());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO products (sku, name, price_cents, stock) VALUES ('s', 'n', -1, 1)",
        "INSERT INTO products (sku, name, price_cents, stock) VALUES ('s', 'n', 1, -1)",
        "INSERT INTO users (name, email) VALUES ('', 'a@b')",
        "INSERT INTO orders (user_id, total_cents, status) VALUES (1, 1, 'paid')",
        "INSERT INTO order_items VALUES (1, 1, 0, 1)",
        "INSERT INTO events (type, data) VALUES ('a', 'no json')"
      })
  void value_outOfItsRange_isRefused(String insert, DB db) {
    assertThatExceptionOfType(CheckViolationException.class).isThrownBy(() -> db.run(insert));
  }
}
