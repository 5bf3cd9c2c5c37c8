package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.dosql.examples.api.Http.Answer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The service on its own files, started more than once. */
class RestartTest {
  @TempDir Path home;

  /** Defect 72: what one run leaves is no trouble for the next. */
  @Test
  void service_stoppedAndStartedAgain_hasItsData_andNoSecondAdmin() {
    String token;
    try (ApiServer first = ApiServer.start(settings(Map.of()))) {
      Http acme = acme(first);
      token = TestApi.token(acme, TestApi.ADMIN);
      TestApi.product(acme.bearer(token), "lamp", 1999, 5);
      order(acme.bearer(token));
    }
    try (ApiServer second = ApiServer.start(settings(Map.of()))) {
      Http admin = acme(second).bearer(token);
      assertThat(admin.get("/api/v1/admin/stats").body())
          .isEqualTo("{\"users\":1,\"posts\":0,\"orders\":1,\"events\":0}");
      Answer again = order(admin);
      assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
      assertThat(admin.get("/api/v1/products/1").at("/stock").longValue()).isEqualTo(3);
    }
  }

  /** Defect 74: there is a copy elsewhere, and it comes back from there by itself. */
  @Test
  void service_thatLosesItsDisk_hasItsDataFromTheBucket() {
    Map<String, String> bucket = Map.of("DOSQL_BUCKET", "file:" + home.resolve("bucket"));
    try (ApiServer first = ApiServer.start(settings(bucket))) {
      Http admin = TestApi.admin(acme(first));
      TestApi.product(admin, "lamp", 1999, 5);
      order(admin);
    }
    deleteAll(home.resolve(".do"));
    try (ApiServer second = ApiServer.start(settings(bucket))) {
      Http admin = TestApi.admin(acme(second));
      assertThat(admin.get("/api/v1/orders/1").at("/totalCents").longValue()).isEqualTo(3998);
      assertThat(order(admin).header("Idempotency-Replayed")).isEqualTo("true");
    }
  }

  /** A user who took the address that an admin is to have keeps nobody from the service. */
  @Test
  void service_whoseAdminsAddressIsTaken_starts_andMakesNobodyAnAdmin() {
    try (ApiServer first = ApiServer.start(settings(Map.of()))) {
      Http admin = TestApi.admin(acme(first));
      String grace = "{\"name\":\"Grace\",\"email\":\"grace@api.example\"}";
      assertThat(admin.post("/api/v1/users", grace).status()).isEqualTo(201);
      Http eve = TestApi.user(acme(first), "eve");
      Answer me = eve.get("/api/v1/me");
      Http matching = eve.with("If-Match", me.header("ETag"));
      Answer changed =
          matching.patch("/api/v1/users/" + me.at("/id"), "{\"email\":\"next@api.example\"}");
      assertThat(changed.status()).isEqualTo(200);
    }
    for (String taken : List.of("grace@api.example", "next@api.example")) {
      ListAppender<ILoggingEvent> log = new ListAppender<>();
      Logger logger = (Logger) LoggerFactory.getLogger(ApiServer.class);
      logger.setLevel(Level.WARN);
      log.start();
      logger.addAppender(log);
      try (ApiServer again = ApiServer.start(settings(Map.of("API_ADMIN_EMAIL", taken)))) {
        assertThat(TestApi.admin(acme(again)).get("/api/v1/admin/stats").at("/users").intValue())
            .isEqualTo(3);
      } finally {
        logger.detachAppender(log);
        logger.setLevel(null);
      }
      assertThat(log.list)
          .extracting(ILoggingEvent::getFormattedMessage)
          .containsExactly("No admin was made: API_ADMIN_EMAIL is a user's (tenant=acme)");
    }
  }

  private Settings settings(Map<String, String> more) {
    Map<String, String> environment = new HashMap<>(TestApi.environment());
    environment.putAll(more);
    return Settings.of(environment, home);
  }

  private static Http acme(ApiServer server) {
    return new Http(server.port(), "acme.localhost");
  }

  private static Answer order(Http user) {
    Answer answer = user.with("Idempotency-Key", "one").post("/api/v1/orders", TestApi.order(1, 2));
    assertThat(answer.status()).as("%s", answer).isEqualTo(201);
    return answer;
  }

  private static void deleteAll(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
