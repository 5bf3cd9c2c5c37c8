package dev.dosql.web.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.web.remote.Endpoint.Answer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The guide's protocol, as any client of JSON speaks it. */
class RemotePlainTest {
  private final Endpoint endpoint = new Endpoint();

  RemotePlainTest() {
    endpoint
        .local()
        .exec(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x, y TEXT UNIQUE); INSERT INTO t VALUES (1, 2.5, 'é')");
  }

  @AfterEach
  void close() {
    assertThat(endpoint.server.openTransactions()).isZero();
    endpoint.close();
  }

  private void answers(String path, String body, String expected) {
    assertThat(endpoint.plain(path, body)).isEqualTo(new Answer(200, Endpoint.JSON, expected));
  }

  private Answer refused(int status, String code, String path, String body) {
    Answer answer = endpoint.plain(path, body);
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.type()).startsWith("application/problem+json");
    assertThat(answer.body()).contains("\"error\":\"", "\"code\":\"" + code + "\"");
    assertThat(answer.body()).doesNotContain("\"exception\"");
    return answer;
  }

  @Test
  void query_queryOne_andRun_answerAsTheGuideSays() {
    answers(
        "/query", "{\"sql\":\"SELECT * FROM t\"}", "{\"rows\":[{\"id\":1,\"x\":2.5,\"y\":\"é\"}]}");
    answers("/query", "{\"sql\":\"SELECT * FROM t WHERE id = ?\",\"params\":[9]}", "{\"rows\":[]}");
    answers(
        "/queryOne",
        "{\"sql\":\"SELECT id FROM t WHERE y = ?\",\"params\":[\"é\"]}",
        "{\"row\":{\"id\":1}}");
    answers("/queryOne", "{\"sql\":\"SELECT id FROM t WHERE 0\",\"params\":[]}", "{\"row\":null}");
    answers("/queryOne", "{\"sql\":\"SELECT NULL AS n\"}", "{\"row\":{\"n\":null}}");
    answers(
        "/run",
        "{\"sql\":\"INSERT INTO t (x, y) VALUES (?, ?)\",\"params\":[true,null]}",
        "{\"changes\":1,\"lastInsertRowid\":2}");
    answers(
        "/query",
        "{\"sql\":\"SELECT :a AS a, :b AS b\",\"params\":{\"a\":1,\"b\":\"x\"}}",
        "{\"rows\":[{\"a\":1,\"b\":\"x\"}]}");
    answers(
        "/query",
        "{\"sql\":\"SELECT id FROM t WHERE id IN (?)\",\"params\":[[1,7]]}",
        "{\"rows\":[{\"id\":1}]}");
    answers(
        "/queryOne",
        "{\"sql\":\"INSERT INTO t (x) VALUES (1) RETURNING id\"}",
        "{\"row\":{\"id\":3}}");
  }

  @Test
  void transaction_runsItsOperations_allOrNone() {
    answers(
        "/transaction",
        "{\"operations\":[{\"type\":\"run\",\"sql\":\"INSERT INTO t (y) VALUES (?)\",\"params\":[\"a\"]},"
            + "{\"type\":\"query\",\"sql\":\"SELECT y FROM t ORDER BY id\"},"
            + "{\"type\":\"queryOne\",\"sql\":\"SELECT count(*) AS n FROM t\"}]}",
        "{\"results\":[{\"changes\":1,\"lastInsertRowid\":2},[{\"y\":\"é\"},{\"y\":\"a\"}],{\"n\":2}]}");
    refused(
        409,
        "unique",
        "/transaction",
        "{\"operations\":[{\"type\":\"run\",\"sql\":\"DELETE FROM t WHERE id = 1\"},"
            + "{\"type\":\"run\",\"sql\":\"INSERT INTO t (y) VALUES ('a')\"}]}");
    refused(
        400,
        "bad_request",
        "/transaction",
        "{\"operations\":[{\"type\":\"exec\",\"sql\":\"SELECT 1\"}]}");
    refused(400, "bad_request", "/transaction", "{\"operations\":[1]}");
    refused(400, "bad_request", "/transaction", "{}");
    answers("/transaction", "{\"operations\":[]}", "{\"results\":[]}");
    assertThat(endpoint.local().query("SELECT 1 FROM t")).hasSize(2);
  }

  @Test
  void integersBeyond2To53_areRefusedAndNotRounded() {
    long largest = (1L << 53) - 1;
    answers(
        "/query",
        "{\"sql\":\"SELECT ? AS n\",\"params\":[" + largest + "]}",
        "{\"rows\":[{\"n\":" + largest + "}]}");
    refused(
        422, "statement", "/query", "{\"sql\":\"SELECT ?\",\"params\":[" + (largest + 1) + "]}");
    refused(422, "statement", "/query", "{\"sql\":\"SELECT ?\",\"params\":[9223372036854775808]}");
    refused(422, "result", "/query", "{\"sql\":\"SELECT 9007199254740992 AS n\"}");
    refused(422, "result", "/queryOne", "{\"sql\":\"SELECT -9007199254740992 AS n\"}");
    refused(422, "result", "/run", "{\"sql\":\"INSERT INTO t (id) VALUES (9007199254740992)\"}");
    refused(
        422,
        "result",
        "/query",
        "{\"sql\":\"INSERT INTO t (x) VALUES (9007199254740993) RETURNING x\"}");
    assertThat(endpoint.local().query("SELECT 1 FROM t")).as("undone").hasSize(1);
  }

  @Test
  void whatJsonCannotSay_isRefused() {
    refused(422, "result", "/query", "{\"sql\":\"SELECT x'00' AS b\"}");
    refused(422, "result", "/query", "{\"sql\":\"SELECT 1e999 AS r\"}");
    refused(422, "result", "/query", "{\"sql\":\"SELECT 1 AS a, 2 AS a\"}");
    refused(422, "statement", "/query", "{\"sql\":\"SELECT ?\",\"params\":[{\"b\":\"AA==\"}]}");
    refused(422, "statement", "/query", "{\"sql\":\"SELECT ?\",\"params\":[\"\\ud800\"]}");
    answers("/query", "{\"sql\":\"SELECT hex(x'00ff') AS b\"}", "{\"rows\":[{\"b\":\"00FF\"}]}");
  }

  @Test
  void errors_haveAnErrorAndACode() {
    assertThat(refused(422, "statement", "/query", "{\"sql\":\"SELEC\"}").body())
        .contains("syntax");
    refused(409, "unique", "/run", "{\"sql\":\"INSERT INTO t (y) VALUES ('é')\"}");
    refused(422, "result", "/queryOne", "{\"sql\":\"SELECT 1 UNION SELECT 2\"}");
    refused(400, "bad_request", "/query", "{\"sql\":1}");
    refused(400, "bad_request", "/query", "{}");
    refused(400, "bad_request", "/query", "[]");
    refused(400, "bad_request", "/query", "");
    refused(400, "bad_request", "/query", "{\"sql\":\"SELECT 1\",\"params\":1}");
    for (String body :
        List.of(
            "{\"sql\":\"SELECT 1\",\"parms\":[]}",
            "{\"sql\":\"SELECT 1\",\"operations\":[]}",
            "{\"sql\":\"SELECT 1\",\"given\":\"array\"}",
            "{\"sql\":\"SELECT 1\",\"given\":\"record\",\"params\":[]}",
            "{\"sql\":\"SELECT 1\",\"given\":\"other\",\"params\":[]}",
            "{\"sql\":\"SELECT 1\",\"transaction\":null}",
            "{\"sql\":\"SELECT 1\",\"transaction\":1}",
            "{\"sql\":\"SELECT 1\",\"sql\":\"SELECT 2\"}")) {
      refused(400, "bad_request", "/query", body);
    }
    refused(410, "transaction_unknown", "/query", "{\"sql\":\"SELECT 1\",\"transaction\":\"x\"}");
  }

  @Test
  void batchScriptAndColumns_workInPlainJsonToo() {
    answers(
        "/batch",
        "{\"sql\":\"INSERT INTO t (y) VALUES (?)\",\"each\":[{\"params\":[\"a\"]},{\"params\":[\"b\"]}]}",
        "{\"changes\":2,\"lastInsertRowid\":3,\"executions\":2}");
    answers("/exec", "{\"script\":\"DELETE FROM t; CREATE TABLE u (z INT)\"}", "{}");
    answers(
        "/columns",
        "{\"sql\":\"SELECT z, 1 AS one FROM u\"}",
        "{\"columns\":[{\"name\":\"z\",\"table\":\"u\",\"declaredType\":\"INT\"},"
            + "{\"name\":\"one\",\"table\":null,\"declaredType\":null}]}");
  }

  @Test
  void exactEncoding_isChosenByTheClient() {
    assertThat(
            endpoint.exact(
                "/query",
                "{\"sql\":\"SELECT ? AS n, x'ff' AS b\",\"params\":[{\"i\":\"9007199254740993\"}]}"))
        .isEqualTo(
            new Answer(
                200,
                Wire.EXACT,
                "{\"columns\":[\"n\",\"b\"],\"rows\":[[{\"i\":\"9007199254740993\"},{\"b\":\"/w==\"}]]}"));
    Answer failed = endpoint.exact("/query", "{\"sql\":\"SELEC\"}");
    assertThat(failed.status()).isEqualTo(422);
    assertThat(failed.body()).contains("\"exception\":{\"type\":\"StatementException\"");
    String bearer = "Bearer " + Endpoint.SECRET;
    String accept = "text/html, " + Wire.EXACT.toUpperCase(java.util.Locale.ROOT) + ";q=0.5";
    assertThat(
            endpoint
                .post("/dosql/acme/query", "{\"sql\":\"SELECT 1\"}", bearer, Endpoint.JSON, accept)
                .type())
        .isEqualTo(Wire.EXACT);
  }
}
