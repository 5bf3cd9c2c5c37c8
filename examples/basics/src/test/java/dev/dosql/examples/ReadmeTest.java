package dev.dosql.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The README and the guide to the bucket show what is compiled and run, and name what is there. */
class ReadmeTest {
  private static final Path ROOT = Path.of("..", "..");
  private static final List<Path> SOURCES = List.of(Path.of("src"), Path.of("..", "r2", "src"));
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```java\\n(.*?)^```$");
  private static final Pattern SQL = Pattern.compile("(?ms)^```sql\\n-- (\\S+)\\n(.*?)^```$");
  private static final Pattern XML = Pattern.compile("(?ms)^```xml\\n(.*?)^```$");
  private static final Pattern ARTIFACT =
      Pattern.compile("(?s)<groupId>dev\\.dosql</groupId>\\s*<artifactId>([\\w-]+)</artifactId>");
  private static final Pattern VERSION = Pattern.compile("<version>([^<]+)</version>");
  private static final Pattern REGION =
      Pattern.compile("(?ms)^ *// tag::([\\w-]+)\\[]\\n(.*?)^ *// end::\\1\\[]$");
  private static final Pattern LINK = Pattern.compile("]\\(([^):#]+)\\)");

  private final String readme = read(ROOT.resolve("README.md"));
  private final String storage = read(ROOT.resolve("docs/storage.md"));

  @Test
  void javaBlocks_areTheRegionsOfTheExamples() throws IOException {
    assertThat(all(BLOCK, readme, 1)).isNotEmpty();
    assertThat(all(BLOCK, readme + storage, 1)).containsExactlyInAnyOrderElementsOf(regions());
  }

  @Test
  void runningExample_standsInTheFirstTwentyLines() {
    List<String> top = readme.lines().limit(20).toList();
    assertThat(top).containsSubsequence("```java", "```");
  }

  @Test
  void sqlBlock_isTheFileThatItNames() {
    List<MatchResult> blocks = SQL.matcher(readme).results().toList();

    assertThat(blocks).isNotEmpty();
    for (MatchResult block : blocks) {
      assertThat(read(Path.of(block.group(1)))).isEqualTo(block.group(2));
    }
  }

  @Test
  void xmlBlock_namesArtifactsOfThisBuild_inItsVersion() {
    String xml = String.join("", all(XML, readme, 1));
    String bom = read(ROOT.resolve("dosql-bom/pom.xml"));

    assertThat(all(ARTIFACT, xml, 1)).containsExactly("dosql-bom", "dosql-core", "dosql-web");
    assertThat(bom)
        .contains("<artifactId>dosql-core</artifactId>", "<artifactId>dosql-web</artifactId>");
    assertThat(all(VERSION, xml, 1)).containsExactly(all(VERSION, bom, 1).get(0));
    assertThat(readme)
        .contains("mvn -q -DskipTests -pl dosql-bom,dosql-junit,dosql-web -am install");
  }

  @Test
  void bothCommands_standInTheFirstThirtyLines_andAreTakenFromThereByTheRun() {
    List<String> top = readme.lines().limit(30).toList();
    assertThat(top)
        .contains("mvn -q -pl examples/quickstart -am test-compile exec:java", "mvn verify");

    String run = read(ROOT.resolve(".ci/run"));
    assertThat(run)
        .contains("start_command=$(grep -m 1 'exec:java' README.md)")
        .contains("verify_command=$(grep -m 1 '^mvn verify' README.md)")
        .contains("\n$verify_command \"${quiet[@]}\" </dev/null\n")
        .contains("PORT=$port $start_command <");
  }

  @Test
  void curlLines_eachSayWhatTheyPrint() {
    List<String> lines = readme.lines().toList();
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("curl ")) {
        answers.add(lines.get(i + 1));
      }
    }
    assertThat(answers).hasSize(4).allMatch(line -> line.startsWith("# "));
  }

  @Test
  void links_leadToFiles() {
    assertThat(all(LINK, readme, 1)).isNotEmpty().allMatch(l -> Files.exists(ROOT.resolve(l)));
    Path docs = ROOT.resolve("docs");
    assertThat(all(LINK, storage, 1)).isNotEmpty().allMatch(l -> Files.exists(docs.resolve(l)));
  }

  private static List<String> regions() throws IOException {
    List<String> all = new ArrayList<>();
    for (Path sources : SOURCES) {
      all.addAll(regions(sources));
    }
    return all;
  }

  private static List<String> regions(Path sources) throws IOException {
    try (Stream<Path> files = Files.walk(sources)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .flatMap(file -> all(REGION, read(file), 2).stream())
          .map(region -> region.stripTrailing().stripIndent() + "\n")
          .toList();
    }
  }

  private static List<String> all(Pattern pattern, String text, int group) {
    return pattern.matcher(text).results().map((MatchResult m) -> m.group(group)).toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
