package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.dosql.Durability;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  private static final Path HOME = Path.of("home");

  /** Defect 75: what a checklist would ask for is so unless somebody says otherwise. */
  @Test
  void environment_empty_isLocal_withoutTenants_andClosed() {
    Settings settings = Settings.of(Map.of(), HOME);

    assertThat(settings.options().createIfMissing()).isFalse();
    assertThat(settings.options().coldUri()).isEmpty();
    assertThat(settings.options().durability()).isEqualTo(Durability.LOCAL);
    assertThat(settings.tenants()).isEmpty();
    assertThat(settings.corsOrigins()).isEmpty();
    assertThat(settings.tokenKey()).isEmpty();
    assertThat(settings.admin()).isEmpty();
    assertThat(settings.requestsPerMinute()).isEqualTo(300);
    assertThat(settings.clientRequestsPerMinute()).isEqualTo(1_200);
    assertThat(settings.trustedProxies()).isZero();
    assertThat(settings.tenantRequestsPerMinute()).isEqualTo(6_000);
    assertThat(settings.upkeepInterval()).isEqualTo(Duration.ofHours(1));
  }

  /** Defect 73: what is wrong or half there ends the start, and is not found out in production. */
  @ParameterizedTest
  @CsvSource({
    "PORT,secret",
    "PORT,-1",
    "API_REQUESTS_PER_MINUTE,0",
    "API_CLIENT_REQUESTS_PER_MINUTE,0",
    "API_TRUSTED_PROXIES,secret",
    "API_TRUSTED_PROXIES,-1",
    "API_TENANT_REQUESTS_PER_MINUTE,1.5",
    "API_UPKEEP_MINUTES,''",
    "API_TOKEN_KEY,secret key",
    "DOSQL_DURABILITY,secret",
    "API_ADMIN_EMAIL,secret",
    "API_ADMIN_PASSWORD,secret"
  })
  void variable_thatCannotBeTaken_isNamed_withoutItsValue(String name, String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Settings.of(Map.of(name, value), HOME))
        .withMessageContaining(name)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
  }

  @Test
  void environment_withABucket_isDurableThere_andItsParametersAreNotPrinted() {
    Settings settings =
        Settings.of(
            Map.of(
                "DOSQL_BUCKET", "s3://api/a?endpoint=https://x.example&region=auto",
                "API_TENANTS", "acme, globex,",
                "API_CORS_ORIGINS", "https://app.example"),
            HOME);

    assertThat(settings.options().coldUri()).isEqualTo(settings.bucket());
    assertThat(settings.options().durability()).isEqualTo(Durability.BUCKET);
    assertThat(settings.tenants()).containsExactly("acme", "globex");
    assertThat(settings.corsOrigins()).containsExactly("https://app.example");
    assertThat(settings).hasToString("bucket s3://api/a, durability BUCKET");
  }
}
