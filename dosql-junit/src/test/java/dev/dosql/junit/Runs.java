package dev.dosql.junit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.dosql.DB;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.platform.engine.OutputDirectoryCreator;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** Runs sample classes with JUnit's engine, and tells what became of them. */
final class Runs {
  /** Eight tests at once. */
  static final Map<String, String> SIDE_BY_SIDE =
      Map.of(
          "junit.jupiter.execution.parallel.enabled", "true",
          "junit.jupiter.execution.parallel.mode.default", "concurrent",
          "junit.jupiter.execution.parallel.config.strategy", "fixed",
          "junit.jupiter.execution.parallel.config.fixed.parallelism", "8");

  private Runs() {}

  /** Runs a class; the files that JUnit keeps go to a directory, each test's to one of its own. */
  static EngineExecutionResults run(Class<?> sample, Path output) {
    return run(sample, output, Map.of());
  }

  /** Runs a class with parameters for JUnit. */
  static EngineExecutionResults run(Class<?> sample, Path output, Map<String, String> parameters) {
    return EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(sample))
        .configurationParameters(parameters)
        .outputDirectoryCreator(new Directories(output))
        .execute();
  }

  /** The file of a tenant, as SQLite says. */
  static Path fileOf(DB db) {
    return KeptFile.fileOf(db);
  }

  private record Directories(Path root) implements OutputDirectoryCreator {
    @Override
    public Path getRootDirectory() {
      return root;
    }

    @Override
    public Path createOutputDirectory(TestDescriptor test) throws IOException {
      return Files.createDirectories(root.resolve(UUID.randomUUID().toString()));
    }
  }
}
