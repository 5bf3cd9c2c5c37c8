package dev.dosql.web.remote;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The guide's own client, in TypeScript, against the endpoint. Run with {@code -Pinterop}. Its text
 * is taken out of the guide, which lies beside the repository; Node from 22.6 on runs it as it is,
 * an older one needs the package {@code typescript}, whose directory {@code TYPESCRIPT_PACKAGE}
 * names.
 */
@Tag("interop")
class GuideClientInteropTest {
  private static final Path GUIDE = Path.of("../../shared/seed/hono-integration-guide.md");
  private static final Path SCRIPTS = Path.of("src/test/resources/interop");
  private static final String BEGIN = "```typescript\n// src/db/client.ts\n";

  @TempDir Path work;

  @Test
  void clientOfTheGuide_fromItsOwnText_worksForQueryQueryOneAndRun() throws Exception {
    try (Endpoint endpoint = new Endpoint()) {
      assertThat(node(endpoint))
          .containsExactly(
              "run {\"changes\":1,\"lastInsertRowid\":1}",
              "run {\"changes\":1,\"lastInsertRowid\":2}",
              "query [{\"id\":1,\"name\":\"für 🙂\",\"price\":2.5,\"done\":1},"
                  + "{\"id\":2,\"name\":null,\"price\":null,\"done\":0}]",
              "query []",
              "queryOne {\"id\":1}",
              "queryOne null",
              "largest {\"n\":9007199254740991}",
              "error unique: already exists",
              "error integer: answer refused: it has an integer beyond 2^53, which needs a client"
                  + " that accepts application/vnd.dosql.v1+json",
              "error parameter: integer refused: beyond 2^53, where a client without"
                  + " application/vnd.dosql.v1+json has rounded it",
              "error secret: needs the secret of a service",
              "transaction {\"changes\":2,\"lastInsertRowid\":0}",
              "error rolled back: already exists",
              "count {\"n\":2}");
      assertThat(endpoint.local().query(Long.class, "SELECT done FROM items ORDER BY id"))
          .containsExactly(1L, 1L);
    }
  }

  private List<String> node(Endpoint endpoint) throws IOException, InterruptedException {
    Files.writeString(work.resolve("client.ts"), clientOfTheGuide());
    Files.copy(SCRIPTS.resolve("guide-client.mjs"), work.resolve("guide-client.mjs"));
    List<String> command = new ArrayList<>(List.of("node"));
    if (stripsTypes()) {
      command.addAll(
          List.of("--experimental-strip-types", "--disable-warning=ExperimentalWarning"));
    } else {
      transpile();
    }
    command.add(work.resolve("guide-client.mjs").toString());
    command.add(endpoint.base() + "/acme");
    command.add(Endpoint.SECRET);
    return run(command).lines().toList();
  }

  private static String clientOfTheGuide() throws IOException {
    assertThat(GUIDE)
        .as("the guide, whose client is tested here, must lie beside the repository")
        .isRegularFile();
    String guide = Files.readString(GUIDE);
    int begin = guide.indexOf(BEGIN);
    assertThat(begin).as("the guide has a client").isPositive();
    int text = begin + "```typescript\n".length();
    String client = guide.substring(text, guide.indexOf("```", text));
    assertThat(client).contains("export function createDBClient");
    return client;
  }

  private static boolean stripsTypes() throws IOException, InterruptedException {
    String[] version = run(List.of("node", "--version")).strip().substring(1).split("\\.");
    int major = Integer.parseInt(version[0]);
    return major > 22 || major == 22 && Integer.parseInt(version[1]) >= 6;
  }

  private void transpile() throws IOException, InterruptedException {
    String typescript = System.getenv("TYPESCRIPT_PACKAGE");
    assertThat(typescript)
        .as("Node is older than 22.6, so TYPESCRIPT_PACKAGE must name node_modules/typescript")
        .isNotNull();
    run(
        List.of(
            "node",
            SCRIPTS.resolve("transpile.cjs").toString(),
            typescript,
            work.resolve("client.ts").toString(),
            work.resolve("client.mjs").toString()));
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
    return output;
  }
}
