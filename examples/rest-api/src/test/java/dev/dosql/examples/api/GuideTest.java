package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DoSQL;
import dev.dosql.examples.api.Http.Answer;
import dev.dosql.junit.DoSqlTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The guide shows what is compiled and run, and its curl lines print what it says. Rule 7. */
@DoSqlTest(migrations = "classpath:migrations")
class GuideTest {
  private static final Path ROOT = Path.of("..", "..");
  private static final Path GUIDE = ROOT.resolve("docs/guides/javalin.md");
  private static final Path README = Path.of("README.md");

  /** Those of the guide that this is the counterpart of; Hono RPC is a typed client here. */
  private static final List<String> SECTIONS =
      List.of(
          "Overview",
          "Quick Start",
          "Setup",
          "Database Client",
          "Middleware Patterns",
          "Route Handlers",
          "CRUD API Example",
          "Advanced Patterns",
          "Typed Client",
          "Real-Time Features",
          "Error Handling",
          "Testing",
          "Deployment",
          "Next Steps");

  private static final Pattern JAVA = Pattern.compile("(?ms)^```java\\n(.*?)^```$");
  private static final Pattern SQL = Pattern.compile("(?ms)^```sql\\n-- (\\S+)\\n(.*?)^```$");
  private static final Pattern XML = Pattern.compile("(?ms)^```xml\\n(.*?)^```$");
  private static final Pattern REGION =
      Pattern.compile("(?ms)^ *// region ([\\w-]+)\\n(.*?)^ *// endregion$");
  private static final Pattern LINK = Pattern.compile("]\\(([^):#]+)\\)");
  private static final Pattern ANCHOR = Pattern.compile("]\\(#([^)]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
  private static final Pattern SECTION = Pattern.compile("(?m)^## (.+)$");
  private static final Pattern ENTRY = Pattern.compile("(?m)^- \\[(.+)]\\(#.*\\)$");
  private static final Pattern CURL_METHOD = Pattern.compile("-X (\\w+)");
  private static final Pattern CURL_PATH =
      Pattern.compile("http://([\\w.]+):8787(\\S*?)(['\" ]|$)");
  private static final Pattern CURL_HEADER = Pattern.compile("-H ['\"]([\\w-]+): ([^'\"]*)['\"]");
  private static final Pattern CURL_BODY = Pattern.compile("-d '([^']*)'");

  @TempDir Path home;
  private final String guide = read(GUIDE);

  /** Defect 14: nothing is shown that is not there. */
  @Test
  void javaBlocks_areTheRegionsOfTheSources() throws IOException {
    assertThat(all(JAVA, guide, 1)).containsExactlyInAnyOrderElementsOf(regions());
  }

  @Test
  void sqlBlocks_areTheFilesThatTheyName() {
    List<MatchResult> blocks = SQL.matcher(guide).results().toList();
    assertThat(blocks).isNotEmpty();
    for (MatchResult block : blocks) {
      assertThat(block.group(2)).isEqualTo(read(Path.of("src/main/resources", block.group(1))));
    }
  }

  /** Defect 3. */
  @Test
  void xmlBlocks_areOfThePom() {
    String pom = read(Path.of("pom.xml"));
    assertThat(all(XML, guide, 1))
        .isNotEmpty()
        .allSatisfy(xml -> assertThat(pom).contains(xml.indent(4).stripTrailing()));
  }

  @Test
  void tableOfContents_isThatOfTheOriginal() {
    String contents = guide.substring(0, guide.indexOf("## Overview"));
    assertThat(all(ENTRY, contents, 1)).isEqualTo(SECTIONS);
    assertThat(all(SECTION, guide, 1))
        .startsWith("Table of Contents")
        .endsWith(SECTIONS.toArray(String[]::new))
        .hasSize(SECTIONS.size() + 1);
  }

  @Test
  void links_leadSomewhere() {
    Path folder = GUIDE.getParent();
    assertThat(all(LINK, guide, 1)).isNotEmpty().allMatch(l -> Files.exists(folder.resolve(l)));
    assertThat(all(LINK, read(README), 1)).isNotEmpty().allMatch(l -> Files.exists(Path.of(l)));
    List<String> headings =
        all(HEADING, guide, 1).stream()
            .map(
                h ->
                    h.toLowerCase(java.util.Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
            .toList();
    assertThat(headings).containsAll(all(ANCHOR, guide, 1));
  }

  /** Defects 5 and 9: each line prints what is said under it, for two tenants. */
  @ParameterizedTest
  @ValueSource(strings = {"README.md", "../../docs/guides/javalin.md"})
  void curlLines_printWhatIsSaid(String page, DoSQL tenants) {
    List<String> lines = read(Path.of(page)).lines().toList();
    int seen = 0;
    try (TestApi api = TestApi.start(tenants, home)) {
      String token = "";
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).matches("(TOKEN=\\$\\()?curl .*")) {
          Answer answer = curl(api.acme(), lines.get(i).replace("$TOKEN", token));
          token = answer.at("/token").stringValue(token);
          if (lines.get(i).startsWith("curl ")) {
            assertThat(lines.get(i + 1)).startsWith("# ");
            assertThat(answer.body().strip()).matches(expected(lines.get(i + 1).substring(2)));
          }
          seen++;
        }
      }
    }
    assertThat(seen).isGreaterThan(5);
  }

  @Test
  void readme_startsTheServiceAsTheGuideDoes() {
    String readme = read(README);
    assertThat(readme).contains("exec:java", "export API_TENANTS=");
    for (String line : List.of("(?m)^export .*$", "(?m)^mvn .*exec:java$")) {
      Pattern pattern = Pattern.compile(line);
      assertThat(all(pattern, readme, 0)).hasSize(1).isEqualTo(all(pattern, guide, 0));
      assertThat(read(ROOT.resolve("README.md"))).contains(all(pattern, readme, 0).get(0));
    }
  }

  /** What must come, in which … stands for anything. */
  private static String expected(String line) {
    return Stream.of(line.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
  }

  private static Answer curl(Http client, String line) {
    Matcher url = CURL_PATH.matcher(line);
    assertThat(url.find()).as(line).isTrue();
    Http with = client.host(url.group(1));
    for (MatchResult header : CURL_HEADER.matcher(line).results().toList()) {
      with = with.with(header.group(1), header.group(2));
    }
    String body = CURL_BODY.matcher(line).results().map(m -> m.group(1)).findFirst().orElse("");
    String method =
        CURL_METHOD
            .matcher(line)
            .results()
            .map(m -> m.group(1))
            .findFirst()
            .orElse(body.isEmpty() ? "GET" : "POST");
    return with.send(method, url.group(2), BodyPublishers.ofString(body));
  }

  private static List<String> regions() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .flatMap(file -> all(REGION, read(file), 2).stream())
          .map(region -> region.stripTrailing().stripIndent() + "\n")
          .toList();
    }
  }

  private static List<String> all(Pattern pattern, String text, int group) {
    return pattern.matcher(text).results().map(match -> match.group(group)).toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
