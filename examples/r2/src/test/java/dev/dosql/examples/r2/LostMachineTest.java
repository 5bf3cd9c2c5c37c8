package dev.dosql.examples.r2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.testing.S3TestServer;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The service is killed and its directory deleted: everything is back when it starts again. */
@Timeout(300)
class LostMachineTest {
  private static final String LEARN = "{\"id\":1,\"title\":\"Learn DoSQL\",\"done\":false}";
  private static final String SHIP = "{\"id\":2,\"title\":\"Ship it\",\"done\":false}";
  private static final String MORE = "{\"id\":3,\"title\":\"More\",\"done\":false}";

  @TempDir Path home;

  @Test
  void service_killedAndItsDirectoryDeleted_hasItsTodosFromS3() throws Exception {
    try (S3TestServer server = S3TestServer.start()) {
      loseTheMachine(
          Map.of(
              "DOSQL_BUCKET",
              server.uri("todos"),
              "AWS_ACCESS_KEY_ID",
              S3TestServer.ACCESS_KEY,
              "AWS_SECRET_ACCESS_KEY",
              S3TestServer.SECRET_KEY));

      assertThat(server.keys(S3TestServer.BUCKET))
          .contains("todos/acme/head.json", "todos/globex/head.json");
      assertThat(server.count(S3TestServer.Kind.LIST)).isZero();
    }
    assertThat(home.resolve(".do/bucket")).doesNotExist();
  }

  @Test
  void service_killedAndItsDirectoryDeleted_hasItsTodosFromADirectory() throws Exception {
    loseTheMachine(Map.of());

    assertThat(home.resolve(".do/bucket")).isDirectory();
  }

  private void loseTheMachine(Map<String, String> environment) throws Exception {
    Path data = home.resolve(".do/data");
    try (Service service = new Service(home, environment)) {
      assertThat(service.post("acme", "Learn DoSQL", 201)).isEqualTo(LEARN);
      assertThat(service.post("acme", "Ship it", 201)).isEqualTo(SHIP);
      assertThat(service.post("globex", "Learn DoSQL", 201)).isEqualTo(LEARN);
      service.kill();
    }
    assertThat(data.resolve("acme.db")).exists();
    delete(data);
    try (Service service = new Service(home, environment)) {
      assertThat(service.todos("acme")).isEqualTo("[" + SHIP + "," + LEARN + "]");
      assertThat(service.todos("globex")).isEqualTo("[" + LEARN + "]");
      assertThat(service.post("acme", "More", 201)).isEqualTo(MORE);
      service.kill();
    }
    delete(data);
    try (Service service = new Service(home, environment)) {
      assertThat(service.todos("acme")).isEqualTo("[" + MORE + "," + SHIP + "," + LEARN + "]");
      assertReport(service.terminate());
    }
  }

  private static void assertReport(List<String> lines) {
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).startsWith("acme: shipped up to ").endsWith(" 0 bytes behind");
    assertThat(lines.get(1)).startsWith("all, in ").contains(" puts, ", " 0 lists, ", " on R2");
    assertThat(lines.get(2)).isEqualTo("Todo service stopped");
  }

  private static void delete(Path directory) throws IOException {
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException failure)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
