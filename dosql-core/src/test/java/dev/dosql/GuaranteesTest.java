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
  private static final Pattern NAMED = Pattern.compile("`([\\w.]+)#(\\w+)`");
  private static final Pattern CONSUMER = Pattern.compile("`(dosql-it/src/it/[\\w-]+)`");
  private static final Pattern PART = Pattern.compile("`\\.ci/run: ([^`]+)`");
  private static final Pattern PACKAGE = Pattern.compile("^package ([\\w.]+);", Pattern.MULTILINE);
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

  @Test
  void classOfANameUsedTwice_mustBeNamedWithItsPackage() throws IOException {
    Map<String, Set<String>> tests = tests();
    String method = "#refusedSql_onEveryPath_hasNoEffect";

    assertThat(faults(List.of(List.of("right", "`dev.dosql.ScreeningTest" + method + "`")), tests))
        .isEmpty();
    assertThat(faults(List.of(List.of("either", "`ScreeningTest" + method + "`")), tests))
        .containsExactly("more than one class: ScreeningTest" + method);
  }

  @Test
  void consumerOrPartOfTheRun_thatDoesNotExist_isAFault() throws IOException {
    Map<String, Set<String>> tests = tests();

    assertThat(faults(List.of(List.of("none", "`dosql-it/src/it/none`")), tests))
        .containsExactly("no such consumer: dosql-it/src/it/none");
    assertThat(faults(List.of(List.of("none", "`.ci/run: no such part`")), tests))
        .containsExactly("no such part of the run: no such part");
  }

  private static List<String> faults(List<List<String>> promises, Map<String, Set<String>> tests)
      throws IOException {
    List<String> faults = new ArrayList<>();
    for (List<String> promise : promises) {
      String cell = promise.get(promise.size() - 1);
      int named = methods(cell, tests, faults) + consumers(cell, faults) + parts(cell, faults);
      if (named == 0) {
        faults.add("no test: " + promise.get(0));
      }
    }
    return faults;
  }

  private static int methods(String cell, Map<String, Set<String>> tests, List<String> faults) {
    int count = 0;
    for (Matcher named = NAMED.matcher(cell); named.find(); count++) {
      String name = named.group(1);
      List<Set<String>> classes =
          tests.entrySet().stream()
              .filter(each -> ("." + each.getKey()).endsWith("." + name))
              .map(Map.Entry::getValue)
              .toList();
      if (classes.size() > 1) {
        faults.add("more than one class: " + name + "#" + named.group(2));
      } else if (classes.isEmpty() || !classes.get(0).contains(named.group(2))) {
        faults.add("no such test: " + name + "#" + named.group(2));
      }
    }
    return count;
  }

  /** Projects outside the build that it builds and runs. */
  private static int consumers(String cell, List<String> faults) {
    int count = 0;
    for (Matcher named = CONSUMER.matcher(cell); named.find(); count++) {
      if (!Files.isRegularFile(Docs.root().resolve(named.group(1)).resolve("pom.xml"))) {
        faults.add("no such consumer: " + named.group(1));
      }
    }
    return count;
  }

  /** Parts of the whole run, by words of their titles. */
  private static int parts(String cell, List<String> faults) throws IOException {
    int count = 0;
    for (Matcher named = PART.matcher(cell); named.find(); count++) {
      List<String> run = Files.readAllLines(Docs.root().resolve(".ci/run"));
      String words = named.group(1);
      if (run.stream().noneMatch(line -> line.startsWith("begin ") && line.contains(words))) {
        faults.add("no such part of the run: " + words);
      }
    }
    return count;
  }

  /** The test methods in the sources of all modules, by class with its package. */
  private static Map<String, Set<String>> tests() throws IOException {
    Map<String, Set<String>> tests = new HashMap<>();
    try (Stream<Path> files = Files.walk(Docs.root(), 14)) {
      for (Path file : files.filter(GuaranteesTest::isTestSource).toList()) {
        String source = Files.readString(file);
        Matcher of = PACKAGE.matcher(source);
        String name = file.getFileName().toString().replace(".java", "");
        tests
            .computeIfAbsent(of.find() ? of.group(1) + "." + name : name, any -> new HashSet<>())
            .addAll(testsIn(source));
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
