package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The defects of the guide in {@code docs/guarantees.md}, and the tests that are said to be theirs.
 */
class DefectNumbersTest {
  private static final int DEFECTS = 75;
  private static final Path ROOT = Path.of("..", "..");
  private static final Pattern SECTION =
      Pattern.compile("(?ms)^## Defects of the guide in the web API\\n(.*?)(?=^## )");
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\d+): [^|]*\\| ([^|]*) \\|$");
  private static final Pattern OUT_OF_PLACE = Pattern.compile("(?m)^\\* ([\\d, ]+): ");
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final Pattern TEST = Pattern.compile("`([\\w.]+)#(\\w+)`");

  @Test
  void everyDefect_isInOneOfTheTables_orSaidToBeOutOfPlace() throws IOException {
    List<Integer> numbers = new ArrayList<>(rows().keySet());
    OUT_OF_PLACE
        .matcher(section())
        .results()
        .flatMap(list -> NUMBER.matcher(list.group(1)).results())
        .forEach(number -> numbers.add(Integer.parseInt(number.group())));

    assertThat(numbers)
        .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, DEFECTS).boxed().toList());
  }

  @Test
  void testOfADefect_namesItsNumber() throws IOException {
    List<String> silent = new ArrayList<>();
    for (Map.Entry<Integer, String> row : rows().entrySet()) {
      List<MatchResult> tests = TEST.matcher(row.getValue()).results().toList();
      assertThat(tests).as("defect %d", row.getKey()).isNotEmpty();
      for (MatchResult test : tests) {
        if (!names(test.group(1), test.group(2), row.getKey())) {
          silent.add(row.getKey() + ": " + test.group());
        }
      }
    }
    assertThat(silent).isEmpty();
  }

  /** In the name of the method, or in what is said above it or above its class. */
  private static boolean names(String type, String method, int number) throws IOException {
    if (method.startsWith("defect%02d_".formatted(number))) {
      return true;
    }
    String source = source(type);
    String above = source.substring(0, source.indexOf("void " + method + "("));
    int end = Math.max(above.lastIndexOf("\n  }\n"), above.lastIndexOf(";\n\n"));
    String words =
        source.substring(0, source.indexOf("\nclass ")) + above.substring(Math.max(0, end));
    Pattern named = Pattern.compile("Defects? (\\d+(, | and ))*" + number + "\\b");
    return named.matcher(words.replaceAll("\\s+\\*?\\s*", " ")).find();
  }

  private static String source(String type) throws IOException {
    String end = "/" + type.replace('.', '/') + ".java";
    List<Path> found = new ArrayList<>();
    for (String module : List.of("examples/rest-api", "dosql-web")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
        files.filter(file -> file.toString().replace('\\', '/').endsWith(end)).forEach(found::add);
      }
    }
    assertThat(found).as(type).hasSize(1);
    return Files.readString(found.get(0));
  }

  private static Map<Integer, String> rows() throws IOException {
    Map<Integer, String> rows = new TreeMap<>();
    ROW.matcher(section())
        .results()
        .forEach(row -> rows.put(Integer.valueOf(row.group(1)), row.group(2)));
    return rows;
  }

  private static String section() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/guarantees.md"));
    return SECTION.matcher(page).results().findFirst().orElseThrow().group(1);
  }
}
