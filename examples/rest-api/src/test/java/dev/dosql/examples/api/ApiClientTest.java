package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.DoSQL;
import dev.dosql.examples.api.ApiClient.Refused;
import dev.dosql.junit.DoSqlTest;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Defect 59: what is sent has one type, and an error is never taken for a result. */
@DoSqlTest(migrations = "classpath:migrations")
class ApiClientTest {
  @TempDir Path home;
  private TestApi api;
  private ApiClient client;

  @BeforeEach
  void start(DoSQL tenants) {
    api = TestApi.start(tenants, home, Map.of());
    client = new ApiClient(TestApi.admin(api.acme()));
  }

  @AfterEach
  void stop() {
    api.close();
  }

  // region client-use
  @Test
  void user_isMadeAndRead_inTheTypesOfTheService() {
    NewUser grace = new NewUser("Grace", "grace@acme.example", null);

    User made = client.post("/api/v1/users", grace, User.class);

    assertThat(client.get("/api/v1/users/" + made.id(), User.class)).isEqualTo(made);
    assertThatExceptionOfType(Refused.class)
        .isThrownBy(() -> client.post("/api/v1/users", grace, User.class))
        .satisfies(e -> assertThat(e.code).isEqualTo("unique"));
  }
  // endregion
}
