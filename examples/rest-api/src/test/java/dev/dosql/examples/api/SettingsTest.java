package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.Durability;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
  private static final Path HOME = Path.of("home");

  @Test
  void environment_empty_isLocal_withoutTenants_andClosed() {
    Settings settings = Settings.of(Map.of(), HOME);

    assertThat(settings.options().createIfMissing()).isFalse();
    assertThat(settings.options().coldUri()).isEmpty();
    assertThat(settings.options().durability()).isEqualTo(Durability.LOCAL);
    assertThat(settings.tenants()).isEmpty();
    assertThat(settings.corsOrigins()).isEmpty();
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
