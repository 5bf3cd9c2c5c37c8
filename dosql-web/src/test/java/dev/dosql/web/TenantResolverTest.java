package dev.dosql.web;

import static dev.dosql.web.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.dosql.web.TenantResolver.Hints;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TenantResolverTest {
  private static final TenantResolver ALL =
      TenantResolver.builder()
          .baseDomain("Example.com")
          .reservedSubdomains("www", "API")
          .pathPrefix("/t")
          .build();

  private static String host(String host) {
    return ALL.resolve(new Hints(null, host, "/users", null));
  }

  private static String path(String path) {
    return ALL.resolve(new Hints(null, "127.0.0.1", path, null));
  }

  @ParameterizedTest
  @CsvSource({
    "acme.example.com, acme",
    "ACME.Example.COM:8080, acme",
    "a-1.example.com, a-1",
    "xn--mnchen-3ya.example.com, xn--mnchen-3ya"
  })
  void subdomain_ofTheBaseDomain_isTheTenant(String host, String tenant) {
    assertThat(host(host)).isEqualTo(tenant);
  }

  /** Defects 28 and 30: no default tenant, and no host outside of the own domain is one. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost:8787",
        "10.0.0.1",
        "[::1]:80",
        "example.com",
        "example.com.",
        "acme.example.com.",
        "acme.example.org",
        "acmeexample.com",
        "acme.example.com.evil.org",
        "evil.org/acme.example.com",
        "a.b.example.com",
        ".example.com",
        "-a.example.com",
        "a_b.example.com",
        "acme.example.com:80:80",
        "acme.example.com:http",
        "münchen.example.com",
        "www.example.com",
        "api.EXAMPLE.com",
        "default.my-api.workers.dev",
        ""
      })
  void host_thatIsNotOneLabelBeforeTheBaseDomain_isNoTenant(String host) {
    assertRefused(404, () -> host(host));
  }

  /** Defect 29: what the path says is read. */
  @ParameterizedTest
  @CsvSource({
    "/t/acme, acme",
    "/t/acme/users, acme",
    "/t/%61cme/users, acme",
    "/t/ACME/users, ACME",
    "/t/a%20b/users, a b",
    "/t/m%C3%BCnchen/users, münchen"
  })
  void segmentOfThePath_isTheTenant_decodedOnce(String path, String tenant) {
    assertThat(path(path)).isEqualTo(tenant);
  }

  /** Item 7: what somebody on the way may read as another path is no tenant. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/t/",
        "/t//users",
        "/t/../acme",
        "/t/./users",
        "/t/%2e%2e/users",
        "/t/%2E/users",
        "/t/.%2e/users",
        "/t/acme%2Fglobex/users",
        "/t/acme%2fusers",
        "/t/acme%5Cglobex/users",
        "/t/acme;v=1/users",
        "/t/acme%3Bv=1/users",
        "/t/%252e%252e/users",
        "/t/%/users",
        "/t/%4/users",
        "/t/%zz/users",
        "/t/%C3/users",
        "/t/%C0%AE%C0%AE/users",
        "/t/%ED%A0%80/users",
        "/t/münchen/users",
        "/T/acme/users",
        "/tt/acme",
        "//t/acme",
        "/x/t/acme"
      })
  void path_thatCanBeReadInTwoWays_isNoTenant(String path) {
    assertRefused(404, () -> path(path));
  }

  @Test
  void longSegment_isNoTenant() {
    assertRefused(404, () -> path("/t/" + "a".repeat(5_000)));
  }

  /** Defects 27 and 34: who is of one tenant reaches no other, and headers say nothing. */
  @Test
  void identity_comesFirst_andNothingMayContradictIt() {
    assertThat(ALL.resolve(new Hints("acme", "127.0.0.1", "/users", null))).isEqualTo("acme");
    assertThat(ALL.resolve(new Hints("acme", "acme.example.com", "/t/acme/x", null)))
        .isEqualTo("acme");
    assertRefused(403, () -> ALL.resolve(new Hints("acme", "globex.example.com", "/users", null)));
    assertRefused(403, () -> ALL.resolve(new Hints("acme", "127.0.0.1", "/t/globex/x", null)));
    assertRefused(403, () -> ALL.resolve(new Hints(null, "acme.example.com", "/t/globex/x", null)));
    assertRefused(403, () -> ALL.resolve(new Hints(null, "acme.example.com", "/t/ACME/x", null)));
  }

  @Test
  void header_isLookedAtOnlyWhereItIsTrusted() {
    assertRefused(404, () -> ALL.resolve(new Hints(null, "127.0.0.1", "/users", "acme")));
    TenantResolver trusting =
        TenantResolver.builder().baseDomain("example.com").trustedHeader("X-Tenant").build();

    assertThat(trusting.resolve(new Hints(null, "gateway", "/users", "acme"))).isEqualTo("acme");
    assertRefused(
        403, () -> trusting.resolve(new Hints(null, "acme.example.com", "/users", "globex")));
    assertRefused(403, () -> trusting.resolve(new Hints("globex", null, "/users", "acme")));
  }

  @Test
  void nothingAskedFor_isNothingLookedAt() {
    TenantResolver none = TenantResolver.builder().build();
    assertRefused(404, () -> none.resolve(new Hints(null, "acme.example.com", "/t/acme", "acme")));
    assertThat(none.resolve(new Hints("acme", null, "/", null))).isEqualTo("acme");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".example.com", "example.com:80", "exa mple", "*.example.com"})
  void baseDomain_thatIsNone_isRefused(String domain) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TenantResolver.builder().baseDomain(domain).build())
        .withMessageContaining("baseDomain");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "t", "/t/", "/t//u", "/{t}", "/.."})
  void pathPrefix_thatIsNone_isRefused(String prefix) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TenantResolver.builder().pathPrefix(prefix).build())
        .withMessageContaining("pathPrefix");
  }
}
