package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** That each promise of {@code docs/guarantees.md} names a test, and that the test exists. */
class GuaranteesTest {
  private static final Pattern NAMED = Pattern.compile("`(\\w+)#(\\w+)`");
  private static final Pattern TEST =
      Pattern.compile("^ +@(?:Test|ParameterizedTest|RepeatedTest)\\b", Pattern.MULTILINE);
  private static final Pattern METHOD =
      Pattern.compile("^ +(?:public )?void (\\w+)\\(", Pattern.MULTILINE);

  @Test
  void everyPromise_namesTestsThatExist() throws IOException {
    Map<String, Set<String>> tests = tests();
    List<List<String>> promises = Docs.rows(Docs.lines("guarantees.md"));

    assertThat(promises).isNotEmpty();
    assertThat(faults(promises, tests)).isEmpty();
  }

  @Test
  void promise_withoutTestOrWithAWrongOne_isAFault() throws IOException {
    Map<String, Set<String>> tests = tests();
    String mine = "GuaranteesTest#everyPromise_namesTestsThatExist";

    assertThat(faults(List.of(List.of("right", "`" + mine + "`")), tests)).isEmpty();
    assertThat(faults(List.of(List.of("empty", "")), tests)).containsExactly("no test: empty");
    assertThat(faults(List.of(List.of("misspelt", "`" + mine + "s`")), tests))
        .containsExactly("no such test: " + mine + "s");
    assertThat(faults(List.of(List.of("no class", "`NoneTest#a`, `" + mine + "`")), tests))
        .containsExactly("no such test: NoneTest#a");
    assertThat(faults(List.of(List.of("a helper", "`GuaranteesTest#faults`")), tests))
        .containsExactly("no such test: GuaranteesTest#faults");
  }

  private static List<String> faults(
      List<List<String>> promises, Map<String, Set<String>> tests) {
    List<String> faults = new ArrayList<>();
    for (List<String> promise : promises) {
      Matcher named = NAMED.matcher(promise.get(promise.size() - 1));
      boolean any = false;
      while (named.find()) {
        any = true;
        if (!tests.getOrDefault(named.group(1), Set.of()).contains(named.group(2))) {
          faults.add("no such test: " + named.group(1) + "#" + named.group(2));
        }
      }
      if (!any) {
        faults.add("no test: " + promise.get(0));
      }
    }
    return faults;
  }

  /** The test methods in the sources of all modules, by class. */
  private static Map<String, Set<String>> tests() throws IOException {
    Map<String, Set<String>> tests = new HashMap<>();
    try (Stream<Path> files = Files.walk(Docs.root(), 14)) {
      for (Path file : files.filter(GuaranteesTest::isTestSource).toList()) {
        String name = file.getFileName().toString().replace(".java", "");
        tests
            .computeIfAbsent(name, unused -> new HashSet<>())
            .addAll(testsIn(Files.readString(file)));
      }
    }
    return tests;
  }

  /** The method behind each annotation; between the two there may be others, with any text. */
  private static Set<String> testsIn(String source) {
    Set<String> names = new HashSet<>();
    Matcher test = TEST.matcher(source);
    Matcher method = METHOD.matcher(source);
    while (test.find()) {
      if (method.find(test.end())) {
        names.add(method.group(1));
      }
    }
    return names;
  }

  private static boolean isTestSource(Path file) {
    String path = Docs.root().relativize(file).toString().replace('\\', '/');
    return path.endsWith(".java") && path.contains("src/test/java/") && !path.contains("target/");
  }
}
