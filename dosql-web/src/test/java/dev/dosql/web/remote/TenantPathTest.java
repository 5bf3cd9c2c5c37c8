package dev.dosql.web.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TenantPathTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "acme",
        "Acme_1-x",
        "a.b",
        "a/b",
        "../etc",
        ".",
        "..",
        ".hidden",
        "é",
        "\ud83d\ude00",
        "a b",
        "~",
        "~x",
        "a%2fb",
        "a;b",
        "a?b",
        "a#b",
        "query",
        " ",
        "a\\b"
      })
  void name_isOneSegment_andComesBack(String name) {
    String segment = TenantPath.encode(name);
    assertThat(segment).matches("[A-Za-z0-9._~-]+").doesNotStartWith(".");
    assertThat(TenantPath.decode(segment)).contains(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", ".", "..", ".a", "a/b", "a%2Fb", "%61", "a;b", "é", "~", "~YWNtZQ", "~YS9i==", "~YS9j=",
        "~YS9", "~_w", "~*", "a b", "~7aCA"
      })
  void segment_thatIsNotTheFormOfAName_isNone(String segment) {
    assertThat(TenantPath.decode(segment)).isEmpty();
  }

  @Test
  void halfACharacter_isNoName() {
    assertThatIllegalArgumentException().isThrownBy(() -> TenantPath.encode("a\ud800"));
  }
}
