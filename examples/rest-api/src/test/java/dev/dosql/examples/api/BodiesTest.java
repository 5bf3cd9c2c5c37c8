package dev.dosql.examples.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.web.WebException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Defects 8, 17 and 57: nothing that is not asked for comes through, and no answer repeats a value.
 */
class BodiesTest {
  @Test
  void order_withPrices_hasNone() {
    NewOrder order =
        parse("{\"items\":[{\"productId\":1,\"quantity\":2,\"price\":1}],\"total\":0}");

    assertThat(order).isEqualTo(new NewOrder(List.of(new NewOrder.Item(1, 2))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{                                               | body",
        "''                                              | body",
        "null                                            | body",
        "[]                                              | body",
        "{} {}                                           | body",
        "{}                                              | items",
        "{\"items\":null}                                | items",
        "{\"items\":[]}                                  | items",
        "{\"items\":[null]}                              | items[0].<list element>",
        "{\"items\":[{\"productId\":1}]}                 | items[0].quantity",
        "{\"items\":[{\"productId\":1,\"quantity\":0}]}  | items[0].quantity",
        "{\"items\":[{\"productId\":1,\"quantity\":-4}]} | items[0].quantity",
        "{\"items\":[{\"productId\":1,\"quantity\":1.5}]}| items[0].quantity",
        "{\"items\":[{\"productId\":1,\"quantity\":\"7\"}]} | items[0].quantity",
        "{\"items\":[{\"productId\":1,\"quantity\":1001}]} | items[0].quantity",
        "{\"items\":[{\"productId\":1,\"quantity\":99999999999999999999}]} | items[0].quantity",
        "{\"items\":[{\"productId\":\"secret\",\"quantity\":1}]} | items[0].productId",
      })
  void order_thatIsNone_isRefused_byTheNameOfItsMember(String body, String member) {
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> parse(body))
        .satisfies(e -> assertThat(e.problem().toJson()).doesNotContain("secret"))
        .satisfies(e -> assertThat(invalid(e)).containsExactly(member));
  }

  @Test
  void user_withAnExpressionInIt_isNotEvaluated() {
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(
            () ->
                Validation.valid(
                    new NewUser("${7*7}", "${7*7}", "{jakarta.validation}".repeat(50))))
        .satisfies(e -> assertThat(invalid(e)).containsExactly("bio", "email"))
        .satisfies(e -> assertThat(e.problem().toJson()).doesNotContain("49"));
  }

  @Test
  void changes_tellAMemberThatIsNullFromOneThatIsNotThere() {
    assertThat(changes("{\"bio\":null}")).isEqualTo(new UserChanges(null, null, Optional.empty()));
    assertThat(changes("{\"name\":\"Ada\",\"role\":\"admin\"}"))
        .isEqualTo(new UserChanges("Ada", null, null));
    assertThat(changes("{\"bio\":\"b\",\"email\":\"a@b\"}"))
        .isEqualTo(new UserChanges(null, "a@b", Optional.of("b")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}               | body",
        "[]               | body",
        "3                | body",
        "{\"role\":\"x\"} | body",
        "{\"name\":null}  | name",
        "{\"name\":\" \"} | name",
        "{\"name\":5}     | name",
        "{\"email\":\"x\"}| email",
        "{\"bio\":{}}     | bio",
      })
  void changes_thatAreNone_areRefused(String body, String member) {
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> changes(body))
        .satisfies(e -> assertThat(invalid(e)).containsExactly(member));
  }

  private static List<String> invalid(WebException e) {
    return ((Map<?, ?>) e.problem().details().get("invalid"))
        .keySet().stream().map(Object::toString).toList();
  }

  private static NewOrder parse(String body) {
    return Bodies.parse(body.getBytes(UTF_8), NewOrder.class);
  }

  private static UserChanges changes(String body) {
    return Bodies.userChanges(body.getBytes(UTF_8));
  }
}
