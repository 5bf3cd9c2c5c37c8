package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.dosql.DoSQL;
import dev.dosql.junit.DoSqlTest;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What is written of requests: which route and how it went, and nothing that anybody sent. */
@DoSqlTest(migrations = "classpath:migrations")
class RequestLogTest {
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger root = (Logger) LoggerFactory.getLogger("ROOT");
  @TempDir Path home;

  @BeforeEach
  void listen() {
    log.start();
    root.addAppender(log);
    root.setLevel(Level.INFO);
  }

  @AfterEach
  void endListening() {
    root.setLevel(Level.OFF);
    root.detachAppender(log);
  }

  @Test
  void log_hasRoutesAndStatuses_andNoValue(DoSQL tenants) {
    String token;
    try (TestApi api = TestApi.start(tenants, home)) {
      Http ada = TestApi.user(api.acme(), "ada");
      token = TestApi.token(api.acme(), "ada@api.example");
      ada.get("/api/v1/users/7777?search=secret");
      ada.post("/api/v1/posts", "{\"title\":\"secret\",\"content\":7}");
      ada.get("/secret");
      ada.with("Idempotency-Key", "secret").post("/api/v1/orders", TestApi.order(7777, 1));
    }

    List<String> lines = List.copyOf(log.list).stream().map(RequestLogTest::text).toList();
    assertThat(lines).anyMatch(l -> l.contains("/api/v1/users/{id}") && l.contains("404"));
    assertThat(lines).anyMatch(l -> l.contains("/api/v1/signup") && l.contains("201"));
    assertThat(lines)
        .noneMatch(l -> l.contains("secret") || l.contains("ada@") || l.contains("7777"))
        .noneMatch(l -> l.contains(token) || l.contains(TestApi.PASSWORD));
  }

  private static String text(ILoggingEvent event) {
    String thrown =
        event.getThrowableProxy() == null ? "" : " " + event.getThrowableProxy().getMessage();
    return event.getFormattedMessage() + thrown;
  }
}
