package dev.dosql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OptionsTest {
  private static final SqlFunction FUNCTION = arguments -> 1;

  private static Arguments of(String option, UnaryOperator<DBOptions.Builder> change) {
    return Arguments.of(option, change);
  }

  static Stream<Arguments> wrong() {
    Duration forever = ChronoUnit.FOREVER.getDuration();
    return Stream.of(
        of("openTenantsMax", options -> options.openTenantsMax(0)),
        of("readersMax", options -> options.readersMax(-1)),
        of("idleTimeout", options -> options.idleTimeout(Duration.ZERO)),
        of("idleTimeout", options -> options.idleTimeout(Duration.ofSeconds(-1))),
        of("idleTimeout", options -> options.idleTimeout(forever)),
        of("writeLockTimeout", options -> options.writeLockTimeout(Duration.ZERO)),
        of("writeLockTimeout", options -> options.writeLockTimeout(forever)),
        of("onceRetention", options -> options.onceRetention(Duration.ZERO)),
        of("onceRetention", options -> options.onceRetention(forever)),
        of("migrations", options -> options.migrations(" ")),
        of("newerSchema", options -> options.newerSchema(NewerSchema.ALLOW)),
        of("function", options -> options.function("f", 128, true, FUNCTION)),
        of("function", options -> options.function("f", -2, true, FUNCTION)),
        of("function", options -> options.function("", 1, true, FUNCTION)),
        of("function", options -> options.function("f".repeat(256), 1, true, FUNCTION)),
        of("collation", options -> options.collation(" ", Comparator.naturalOrder())),
        of("converter", options -> options.converter(new Money()).converter(new Money())));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void build_wrongOption_isAnErrorThatNamesIt(
      String option, UnaryOperator<DBOptions.Builder> change) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> change.apply(DBOptions.builder()).build())
        .withMessageContaining(option);
  }

  static Stream<Arguments> changes() {
    return Stream.of(
        of("directory", options -> options.directory(Path.of("elsewhere"))),
        of("migrations", options -> options.migrations("classpath:db")),
        of("durability", options -> options.durability(Durability.PROCESS)),
        of("openTenantsMax", options -> options.openTenantsMax(1)),
        of("idleTimeout", options -> options.idleTimeout(Duration.ofSeconds(1))),
        of("readersMax", options -> options.readersMax(1)),
        of("writeLockTimeout", options -> options.writeLockTimeout(Duration.ofSeconds(1))),
        of("onceRetention", options -> options.onceRetention(Duration.ofSeconds(1))),
        of("createIfMissing", options -> options.createIfMissing(false)),
        of("converters", options -> options.converter(new Money())),
        of("functions", options -> options.function("f", 1, true, FUNCTION)),
        of("collations", options -> options.collation("c", Comparator.naturalOrder())),
        of("lookup", options -> options.lookup(java.lang.invoke.MethodHandles.lookup())));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void options_differentInOne_areNotEqualAndSayWhich(
      String option, UnaryOperator<DBOptions.Builder> change) {
    DBOptions plain = DBOptions.builder().build();
    DBOptions changed = change.apply(DBOptions.builder()).build();

    assertThat(changed).isNotEqualTo(plain);
    assertThat(changed.toString()).contains(option);
    if (!option.equals("directory")) {
      assertThat(changed.differencesFrom(plain)).singleElement().asString().startsWith(option);
    }
  }

  @ParameterizedTest
  @MethodSource("changes")
  void options_changedToTheSame_areEqual(String option, UnaryOperator<DBOptions.Builder> change) {
    DBOptions changed = change.apply(DBOptions.builder()).build();

    assertThat(changed.toBuilder().build())
        .as(option)
        .isEqualTo(changed)
        .hasSameHashCodeAs(changed);
    assertThat(changed.differencesFrom(changed.toBuilder().build())).isEmpty();
  }

  @Test
  void options_afterBuild_doNotChangeWithTheirBuilder() {
    DBOptions.Builder builder = DBOptions.builder();
    DBOptions built = builder.build();
    builder.readersMax(9).function("f", 1, true, FUNCTION).converter(new Money());

    assertThat(built).isEqualTo(DBOptions.builder().build());
  }

  @Test
  void option_null_isAnErrorThatNamesIt() {
    assertThatNullPointerException()
        .isThrownBy(() -> DBOptions.builder().directory(null))
        .withMessage("directory");
    assertThatNullPointerException()
        .isThrownBy(() -> DBOptions.builder().idleTimeout(null))
        .withMessage("idleTimeout");
    assertThatNullPointerException()
        .isThrownBy(() -> DBOptions.builder().function(null, 1, true, FUNCTION))
        .withMessage("name");
    assertThatNullPointerException()
        .isThrownBy(() -> DBOptions.builder().collation(null, Comparator.naturalOrder()))
        .withMessage("name");
  }

  @Test
  void nullTenant_isAnErrorThatNamesIt() {
    try (DoSQL tenants = DoSQL.memory(DBOptions.builder().build())) {
      assertThatNullPointerException().isThrownBy(() -> tenants.db(null)).withMessage("tenant");
    }
  }

  @Test
  void functions_areCaseInsensitiveAndTheLastOneCounts() {
    DBOptions options =
        DBOptions.builder()
            .function("F", 0, true, arguments -> "first")
            .function("f", 0, true, arguments -> "second")
            .build();
    try (DB db = DB.memory(options)) {
      assertThat(db.query(String.class, "SELECT F()")).isEqualTo(List.of("second"));
    }
  }

  /** A converter of a type of the user's own. */
  private record Money() implements Converter<StringBuilder> {
    @Override
    public Class<StringBuilder> type() {
      return StringBuilder.class;
    }

    @Override
    public Object toColumn(StringBuilder value) {
      return value.toString();
    }

    @Override
    public StringBuilder fromColumn(Object value) {
      return new StringBuilder(value.toString());
    }
  }
}
