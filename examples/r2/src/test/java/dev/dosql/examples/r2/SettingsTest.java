package dev.dosql.examples.r2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DBOptions;
import dev.dosql.Durability;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
  private static final Path HOME = Path.of("home");

  @Test
  void environment_empty_isADirectoryAsBucket_andDurabilityBucket() {
    DBOptions options = Settings.of(Map.of(), HOME).options();

    assertThat(options.coldUri()).contains("file:home/.do/bucket");
    assertThat(options.directory()).isEqualTo(HOME.resolve(".do/data"));
    assertThat(options.durability()).isEqualTo(Durability.BUCKET);
  }

  @Test
  void environment_withBucketAndDurability_isFollowed_andItsParametersAreNotPrinted() {
    Settings settings =
        Settings.of(
            Map.of(
                "DOSQL_BUCKET", "s3://todos/a?endpoint=https://x.example&region=auto",
                "DOSQL_DURABILITY", "LOCAL"),
            HOME);

    assertThat(settings.options().coldUri()).contains(settings.bucket());
    assertThat(settings.options().durability()).isEqualTo(Durability.LOCAL);
    assertThat(settings).hasToString("bucket s3://todos/a, durability LOCAL");
  }
}
