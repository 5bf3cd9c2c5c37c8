package dev.dosql.web;

import static dev.dosql.web.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DB;
import dev.dosql.Row;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PagesTest {
  private static PageRequest request(@Nullable String limit, @Nullable String cursor) {
    return PageRequest.of(limit, cursor, 20, 100);
  }

  /** Defects 42 and 45: LIMIT -1 is no limit in SQLite, and 12abc is no number. */
  @ParameterizedTest
  @ValueSource(
      strings = {"-1", "0", "00", "", " 5", "5 ", "12abc", "1e3", "0x10", "+5", "1.5", "٥", "NaN"})
  void limit_thatIsNoIntegerOfOneOrMore_isRefused(String limit) {
    assertRefused(400, () -> request(limit, null));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "007, 7",
    "100, 100",
    "101, 100",
    "2147483647, 100",
    "9999999999999999999999, 100"
  })
  void limit_isCapped(String sent, int limit) {
    assertThat(request(sent, null).limit()).isEqualTo(limit);
  }

  @Test
  void noLimit_isTheDefault() {
    assertThat(request(null, null)).isEqualTo(new PageRequest(20, null));
    assertThat(request(null, "").after("users", Long.class)).isEmpty();
  }

  private static Page<Row> page(DB db, PageRequest page) {
    List<Object> after = page.after("items", String.class, Long.class);
    List<Row> fetched =
        after.isEmpty()
            ? db.query("SELECT name, id FROM items ORDER BY name, id LIMIT ?", page.fetch())
            : db.query(
                "SELECT name, id FROM items WHERE (name, id) > (?, ?) ORDER BY name, id LIMIT ?",
                after.get(0),
                after.get(1),
                page.fetch());
    return Page.of(page, fetched, "items", r -> List.of(r.get(0, String.class), r.getLong(1)));
  }

  /** Defect 43: ties do not make pages unstable, nor do rows that come and go. */
  @Test
  void pages_neitherSkipNorRepeat_whileRowsComeAndGo() {
    try (DB db = DB.memory()) {
      db.exec("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT");
      for (int i = 1; i <= 25; i++) {
        db.run("INSERT INTO items (name) VALUES (?)", i % 2 == 0 ? "tie" : "a\0b" + i);
      }
      List<Long> seen = new ArrayList<>();
      String cursor = null;
      do {
        Page<Row> page = page(db, request("10", cursor));
        page.items().forEach(row -> seen.add(row.getLong("id")));
        db.run("INSERT INTO items (name) VALUES ('A')"); // before all that was seen
        db.run("DELETE FROM items WHERE id = ?", seen.get(seen.size() - 1));
        cursor = page.next();
      } while (cursor != null);

      assertThat(seen).doesNotHaveDuplicates().hasSize(25);
    }
  }

  @Test
  void cursor_keepsAnyKeyExactly() {
    List<Object> key = List.of(Long.MIN_VALUE, "", "a\0b\1c\0010ä𝄞", Long.MAX_VALUE, "l5", "\1");
    String next =
        Page.of(new PageRequest(1, null), List.of("x", "y"), "o\0rder", item -> key).next();
    assertThat(
            new PageRequest(1, next)
                .after(
                    "o\0rder",
                    Long.class,
                    String.class,
                    String.class,
                    Long.class,
                    String.class,
                    String.class))
        .isEqualTo(key);
    assertThat(next).matches("[A-Za-z0-9_-]+");
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void cursor_thatIsNoneOfThisList_isRefused() {
    List<String> bad =
        new ArrayList<>(List.of("x", "%%%", "a=b", "A".repeat(100_000), base64("users")));
    for (String plain :
        List.of(
            "users\0",
            "users\0l",
            "users\0lx",
            "users\0s5",
            "users\0l5\0l6",
            "posts\0l5",
            "users\0l99999999999999999999",
            "users\0l5 OR 1=1")) {
      bad.add(base64(plain));
    }
    for (String cursor : bad) {
      assertRefused(400, () -> request(null, cursor).after("users", Long.class));
    }
    assertThat(request(null, base64("users\0l5")).after("users", Long.class)).containsExactly(5L);
  }

  /** Defect 44. */
  @Test
  void like_findsWhatWasTyped() {
    try (DB db = DB.memory()) {
      db.exec(
          """
          CREATE TABLE t (s TEXT);
          INSERT INTO t VALUES ('100%'), ('100x'), ('a_b'), ('axb'), ('c\\d'), ('cd');
          """);
      String sql = "SELECT s FROM t WHERE s LIKE ? ESCAPE '\\'";
      assertThat(db.query(String.class, sql, Like.contains("0%"))).containsExactly("100%");
      assertThat(db.query(String.class, sql, Like.startsWith("a_"))).containsExactly("a_b");
      assertThat(db.query(String.class, sql, Like.contains("\\"))).containsExactly("c\\d");
      assertThat(db.query(String.class, sql, Like.escape("%"))).isEmpty();
      assertThat(db.query(String.class, sql, Like.contains(""))).hasSize(6);
    }
  }

  /** Defect 48: nobody overwrites what they have not seen. */
  @Test
  void etag_isTheVersionThatWasSeen() {
    assertThat(ETags.requireVersion(ETags.of(7))).isEqualTo(7);
    assertThat(ETags.requireVersion(" \"0\" ")).isZero();
    assertRefused(428, () -> ETags.requireVersion(null));
    assertRefused(428, () -> ETags.requireVersion(" "));
    for (String other :
        List.of(
            "*",
            "7",
            "W/\"7\"",
            "\"7\", \"8\"",
            "\"-1\"",
            "\"07\"",
            "\"99999999999999999999\"",
            "\"9999999999999999999\"",
            "\"x\"")) {
      assertRefused(412, () -> ETags.requireVersion(other));
    }
  }

  @Test
  void ifNoneMatch_isAListOfTags() {
    String etag = ETags.of(7);
    assertThat(ETags.matches("\"7\"", etag)).isTrue();
    assertThat(ETags.matches("\"6\", W/\"7\"", etag)).isTrue();
    assertThat(ETags.matches("*", etag)).isTrue();
    assertThat(ETags.matches(null, etag)).isFalse();
    assertThat(ETags.matches("\"77\"", etag)).isFalse();
    assertThat(ETags.matches("\"7\",".repeat(10_000), etag)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "ä", "a\nb"})
  void idempotencyKey_thatCannotBeOne_isRefused(String key) {
    assertRefused(400, () -> IdempotencyKeys.require(key));
    assertRefused(400, () -> IdempotencyKeys.require(null));
    assertRefused(400, () -> IdempotencyKeys.require("x".repeat(256)));
  }

  @Test
  void scopedKeys_differBySender_andAreNotMadeOfTheSameLetters() {
    assertThat(IdempotencyKeys.scoped("k", "ada")).isNotEqualTo(IdempotencyKeys.scoped("k", "bob"));
    assertThat(IdempotencyKeys.scoped("ab", "c")).isNotEqualTo(IdempotencyKeys.scoped("a", "bc"));
    assertThat(IdempotencyKeys.scoped("x".repeat(255), "ada")).hasSize(64);
  }
}
