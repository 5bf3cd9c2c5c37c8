package dev.dosql.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What others see: a client in Node, and a tenant's file in Python. Run with {@code -Pinterop}. */
@Tag("interop")
class InteropTest {
  private static final Path SCRIPTS = Path.of("src", "test", "resources", "interop");

  @TempDir Path data;

  @Test
  void node_asAClient_findsItsTodosAfterARestart() throws Exception {
    assertThat(node("acme", "globex"))
        .containsExactly("acme: 1 für acme 🙂", "globex: 1 für globex 🙂");
    assertThat(node("acme")).containsExactly("acme: 2 für acme 🙂, 1 für acme 🙂");
  }

  @Test
  void python_onTheFileOfATenant_readsTheSameRows() throws Exception {
    node("acme", "globex");
    node("acme");

    assertThat(python("acme")).containsExactly("1 für acme 🙂 0", "2 für acme 🙂 0", "ok");
    assertThat(python("globex")).containsExactly("1 für globex 🙂 0", "ok");
  }

  /** What the client prints, of a server that runs for this call only. */
  private List<String> node(String... tenants) throws Exception {
    var options = Main.options(Path.of("")).toBuilder().directory(data).build();
    try (TodoServer server = TodoServer.start(options, "localhost", 0)) {
      List<String> arguments = new ArrayList<>(List.of(Integer.toString(server.port())));
      arguments.addAll(List.of(tenants));
      return run("node", "client.js", arguments);
    }
  }

  private List<String> python(String tenant) throws Exception {
    return run("python3", "inspect.py", List.of(data.resolve(tenant + ".db").toString()));
  }

  private static List<String> run(String program, String script, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program, SCRIPTS.resolve(script).toString()));
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
    return output.lines().toList();
  }
}
