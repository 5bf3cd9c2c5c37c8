package dev.dosql.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DB;
import dev.dosql.MigrationException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;

/** What a test is told that cannot have a database. */
class WrongUseTest {
  @TempDir Path output;

  private Throwable failure(Class<?> sample) {
    EngineExecutionResults results = Runs.run(sample, output);
    return results.testEvents().failed().stream()
        .flatMap(event -> event.getPayload(TestExecutionResult.class).stream())
        .flatMap(result -> result.getThrowable().stream())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void folderThatDoesNotExist_isNamed() {
    assertThat(failure(NoFolder.class))
        .isInstanceOf(ParameterResolutionException.class)
        .hasMessageContaining("no database for this test")
        .hasMessageContaining("no/such/folder")
        .hasCauseInstanceOf(MigrationException.class);
  }

  @DoSqlTest(migrations = "no/such/folder")
  static class NoFolder {
    @Test
    void test(DB db) {
      throw new IllegalStateException("must not be reached: " + db);
    }
  }

  @Test
  void migrationThatFails_isNamed_forEveryTest() {
    EngineExecutionResults results = Runs.run(Broken.class, output);

    results.testEvents().assertStatistics(all -> all.failed(2));
    assertThat(failure(Broken.class))
        .isInstanceOf(ParameterResolutionException.class)
        .hasMessageContaining("001_broken.sql")
        .hasCauseInstanceOf(MigrationException.class);
  }

  @DoSqlTest(migrations = "classpath:tests/broken")
  static class Broken {
    @Test
    void first(DB db) {
      throw new IllegalStateException("must not be reached: " + db);
    }

    @Test
    void second(DB db) {
      throw new IllegalStateException("must not be reached: " + db);
    }
  }
}
