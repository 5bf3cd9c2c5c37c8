package consumer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.dosql.junit.DoSqlTest;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs tests on the module path; ends with an exception if something is not as it says. */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws IOException {
    Path output = Path.of("target", "kept");
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClass(Users.class))
            .configurationParameter("junit.platform.reporting.output.dir", output.toString())
            .build();
    LauncherFactory.create().execute(request, listener);

    listener.getSummary().printFailuresTo(new PrintWriter(System.out));
    expect(3L, listener.getSummary().getTestsSucceededCount());
    expect(1L, listener.getSummary().getTestsFailedCount());
    expect("dev.dosql.junit", DoSqlTest.class.getModule().getName());
    List<Path> kept = kept(output);
    expect(1, kept.size());
    expect("SQLite format 3\0", new String(Files.readAllBytes(kept.get(0)), 0, 16, US_ASCII));
    System.out.println("consumer is content");
  }

  private static List<Path> kept(Path output) throws IOException {
    try (Stream<Path> files = Files.walk(output)) {
      return files.filter(file -> file.toString().endsWith(".db")).toList();
    }
  }

  private static void expect(Object wanted, Object seen) {
    if (!Objects.equals(wanted, seen)) {
      throw new AssertionError("wanted " + wanted + ", saw " + seen);
    }
  }
}
