package dev.dosql.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DBOptions;
import dev.dosql.Limits;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The README's table of options: all of them, with their defaults. */
class ReadmeOptionsTest {
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| (`\\w+`(?:, `\\w+`)*) \\| (.*?) \\|");
  private static final Pattern NAME = Pattern.compile("`(\\w+)`");

  private final Map<String, String> defaults = table();

  /** What stands in the table's second column, by option. */
  private static Map<String, String> table() {
    try {
      String readme = Files.readString(Path.of("..", "..", "README.md"));
      String table = readme.substring(readme.indexOf("| `DBOptions` | default |"));
      Map<String, String> all = new LinkedHashMap<>();
      for (MatchResult row : ROW.matcher(table).results().skip(1).toList()) {
        NAME.matcher(row.group(1))
            .results()
            .forEach(name -> all.put(name.group(1), row.group(2).replace("`", "")));
      }
      return all;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void table_hasEveryOption_andNoOther() {
    Set<String> options =
        Arrays.stream(DBOptions.Builder.class.getMethods())
            .filter(method -> method.getReturnType() == DBOptions.Builder.class)
            .map(Method::getName)
            .collect(Collectors.toSet());

    assertThat(defaults.keySet()).containsExactlyInAnyOrderElementsOf(options);
  }

  @Test
  void defaults_areThoseOfTheLibrary() {
    DBOptions options = DBOptions.builder().build();

    assertThat(defaults)
        .containsEntry("directory", options.directory().toString())
        .containsEntry("newerSchema", options.newerSchema().name())
        .containsEntry("durability", options.durability().name())
        .containsEntry("openTenantsMax", number(options.openTenantsMax()))
        .containsEntry("idleTimeout", minutes(options.idleTimeout()))
        .containsEntry("readersMax", options.readersMax() + " for each tenant")
        .containsEntry("writeLockTimeout", seconds(options.writeLockTimeout()))
        .containsEntry("slowQueryThreshold", seconds(options.slowQueryThreshold()))
        .containsEntry("onceRetention", options.onceRetention().toHours() + " hours")
        .containsEntry("createIfMissing", String.valueOf(options.createIfMissing()))
        .containsEntry("openWhenUnreachable", String.valueOf(options.openWhenUnreachable()))
        .containsEntry(
            "shipping",
            "every %d seconds, …".formatted(options.shipping().shipInterval().toSeconds()));
    assertThat(options.migrations()).isEmpty();
    assertThat(options.lookup()).isEmpty();
    assertThat(options.coldUri()).isEmpty();
    assertThat(options.coldStore()).isEmpty();
    assertThat(options.storageListener()).isEmpty();
    assertThat(List.of(options.converters(), options.functions(), options.collations()))
        .containsExactly(List.of(), Map.of(), Map.of());
    assertThat(
            List.of(
                "migrations",
                "cold",
                "storageListener",
                "lookup",
                "converter",
                "function",
                "collation"))
        .allMatch(name -> defaults.get(name).equals("none"));
  }

  @Test
  void limits_areThoseOfTheLibrary() {
    Limits limits = Limits.builder().build();

    assertThat(defaults.get("limits"))
        .isEqualTo(
            "%d s a statement, %d s a transaction, snapshot or stream, %s rows and %d MiB a list, %d GiB a tenant, …"
                .formatted(
                    limits.statementTimeout().toSeconds(),
                    limits.transactionTimeout().toSeconds(),
                    number(limits.resultRowsMax()),
                    limits.resultBytesMax() >> 20,
                    limits.databaseBytesMax() >> 30));
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String minutes(Duration time) {
    return time.toMinutes() + " minutes";
  }

  private static String seconds(Duration time) {
    return time.toSeconds() == 1 ? "1 second" : time.toSeconds() + " seconds";
  }
}
