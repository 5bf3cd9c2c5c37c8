package dev.dosql.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.Limits;
import dev.dosql.web.internal.Json;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.ObjectMapper;

/** Defects 15, 47, 53 and 69: what fails is told by type, in one body, without inner details. */
class ProblemTest {
  private static final ObjectMapper JACKSON = new ObjectMapper();

  private final DB db =
      DB.memory(
          DBOptions.builder()
              .limits(
                  Limits.builder()
                      .resultRowsMax(10)
                      .statementTimeout(Duration.ofMillis(50))
                      .databaseBytesMax(512 * 1024)
                      .build())
              .build());

  @BeforeEach
  void create() {
    db.exec(
        """
        CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE children (
          id INTEGER PRIMARY KEY,
          parent INTEGER NOT NULL REFERENCES parents (id),
          age INTEGER CONSTRAINT age_range CHECK (age BETWEEN 0 AND 17)
        ) STRICT;
        CREATE TRIGGER no_secret BEFORE INSERT ON parents WHEN new.name = 'secret'
          BEGIN SELECT raise(ABORT, 'secret rule'); END;
        INSERT INTO parents VALUES (1, 'ada');
        INSERT INTO children VALUES (1, 1, 3);
        """);
  }

  @AfterEach
  void close() {
    db.close();
  }

  private Problem problem(String sql, Object... params) {
    return Problem.of(catchThrowable(() -> db.run(sql, params)));
  }

  private static void assertProblem(Problem problem, int status, String code) {
    assertThat(problem.status()).isEqualTo(status);
    assertThat(problem.code()).isEqualTo(code);
    Map<?, ?> body = JACKSON.readValue(problem.toJson(), Map.class);
    assertThat(body.get("status")).isEqualTo(status);
    assertThat(body.get("error")).isEqualTo(problem.error());
    assertThat(body.get("code")).isEqualTo(code);
    assertThat(problem.toJson()).doesNotContain("INSERT", "SELECT", "UPDATE", "secret");
  }

  @Test
  void constraints_areConflictsOrInvalid_withTheirColumns() {
    Problem unique = problem("INSERT INTO parents (name) VALUES (?)", "ada");
    assertProblem(unique, 409, "unique");
    assertThat(unique.details())
        .containsEntry("table", "parents")
        .containsEntry("columns", List.of("name"));
    assertProblem(problem("INSERT INTO parents VALUES (1, 'bob')"), 409, "primary_key");
    assertProblem(problem("INSERT INTO children (parent) VALUES (9)"), 409, "foreign_key");
    assertProblem(problem("DELETE FROM parents"), 409, "foreign_key");
    assertProblem(problem("INSERT INTO parents (name) VALUES (NULL)"), 422, "not_null");
    Problem check = problem("INSERT INTO children (parent, age) VALUES (1, 18)");
    assertProblem(check, 422, "check");
    assertThat(check.details()).containsEntry("constraint", "age_range");
    assertProblem(problem("INSERT INTO children (parent) VALUES ('x')"), 422, "datatype");
    assertProblem(problem("INSERT INTO parents (name) VALUES ('secret')"), 422, "trigger");
  }

  @Test
  void limits_areTheClientsOrPass() {
    String many =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 11) SELECT i FROM n";
    assertProblem(Problem.of(catchThrowable(() -> db.query(many))), 413, "limit_exceeded");
    String endless =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    Problem slow = Problem.of(catchThrowable(() -> db.query(endless)));
    assertProblem(slow, 503, "unavailable");
    assertThat(slow.headers()).containsKey("Retry-After");
    assertProblem(
        problem("INSERT INTO parents (name) VALUES (?)", "x".repeat(600_000)), 507, "storage_full");
  }

  @Test
  void tenants_thatAreNotThere() {
    DBOptions options = DBOptions.builder().createIfMissing(false).build();
    try (DoSQL tenants = DoSQL.memory(options)) {
      tenants.create("acme");
      assertProblem(
          Problem.of(catchThrowable(() -> tenants.db("globex").query("SELECT 1"))),
          404,
          "tenant_not_found");
      assertProblem(Problem.of(catchThrowable(() -> tenants.create("acme"))), 409, "tenant_exists");
      assertProblem(
          Problem.of(catchThrowable(() -> tenants.create("a\0b"))), 400, "invalid_tenant_name");
      tenants.suspend("acme");
      assertProblem(
          Problem.of(catchThrowable(() -> tenants.db("acme").query("SELECT 1"))),
          403,
          "tenant_suspended");
    }
  }

  @Test
  void keyUsedForAnotherRequest_isInvalid() {
    db.once("k", "one", Long.class, tx -> 1L);
    assertProblem(
        Problem.of(catchThrowable(() -> db.once("k", "two", Long.class, tx -> 1L))),
        422,
        "idempotency_conflict");
  }

  @Test
  void failuresOfOurOwn_tellNothing() {
    assertProblem(problem("SELECT secret FROM nowhere"), 500, "internal");
    assertProblem(Problem.of(new IllegalStateException("secret")), 500, "internal");
    assertProblem(Problem.of(new StackOverflowError("secret")), 500, "internal");
  }

  @Test
  void body_isJsonWhateverTheTextsHold() {
    String odd = "\"\\\u0000\n\u007f\u2028 \ud83d\ude00 \ud800 </script>";
    Problem problem =
        Problem.of(400, "odd", odd)
            .with("list", List.of(1, 2L, true, "x"))
            .with("map", Map.of(odd, 9L));
    Map<?, ?> body = JACKSON.readValue(problem.toJson(), Map.class);
    assertThat(body.get("error")).isEqualTo(odd);
    assertThat(body.get("list")).isEqualTo(List.of(1, 2, true, "x"));
    assertThat(body.get("map")).isEqualTo(Map.of(odd, 9));
  }

  @Test
  void details_cannotReplaceTheMembersThatEveryBodyHas() {
    assertThat(Problem.of(400, "c", "e").with("status", 200).toJson()).contains("\"status\":400");
  }

  @Test
  void pretty_meansTheSame_andRoundsNothing() {
    String json =
        "{\"a\":[1,2.50,12345678901234567890],\"b\":{},\"c\":[],\"d\":\"x,{\\\"}:\\\\\",\"e\":[{\"f\":null}]}";
    String pretty = Json.pretty(json);
    assertThat(JACKSON.readTree(pretty)).isEqualTo(JACKSON.readTree(json));
    assertThat(pretty).contains("2.50", "12345678901234567890", "\"b\": {}").contains("\n  \"d\"");
    assertThat(Json.pretty("\"never ended\\")).contains("never ended");
    assertThat(Json.pretty("")).isEqualTo("\n");
  }
}
