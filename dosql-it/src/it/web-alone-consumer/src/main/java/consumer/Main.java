package consumer;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.UniqueViolationException;
import dev.dosql.web.Accounts;
import dev.dosql.web.Identity;
import dev.dosql.web.Problem;
import dev.dosql.web.RateLimit;
import dev.dosql.web.RateLimiter;
import dev.dosql.web.SignedTokens;
import dev.dosql.web.TenantResolver;
import dev.dosql.web.TenantResolver.Hints;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** Uses the parts that need no framework; ends with an exception if something is not as it says. */
public final class Main {
  private static final Set<String> DEPENDENCIES =
      Set.of(
          "com.nimbusds.jose.jwt", "com.zaxxer.hikari", "dev.dosql", "dev.dosql.migrations",
          "dev.dosql.storage", "dev.dosql.web", "flyway.core", "org.bouncycastle.provider",
          "org.slf4j", "org.xerial.sqlitejdbc", "tools.jackson.core");

  private Main() {}

  public static void main(String[] args) {
    expect(DEPENDENCIES, dependencies());
    signIn();
    token();
    limit();
    expect("acme", tenant("acme.api.example"));
    System.out.println("consumer is content");
  }

  private static void signIn() {
    DBOptions options = DBOptions.builder().directory(Path.of("target", "data")).build();
    Accounts accounts = Accounts.builder().build();
    try (DoSQL tenants = DoSQL.open(options)) {
      DB acme = tenants.create("acme");
      Accounts.install(acme);
      accounts.signUp(acme, "ada@acme.example", "correct horse", Set.of("admin"));
      String token = accounts.login(acme, "ada@acme.example", "correct horse").token();
      expect(Set.of("admin"), accounts.authenticate(acme, token).map(Identity::roles).orElseThrow());
      try {
        accounts.signUp(acme, "ADA@acme.example", "correct horse", Set.of());
        throw new AssertionError("a login was given twice");
      } catch (UniqueViolationException e) {
        expect(409, Problem.of(e).status());
      }
    }
  }

  private static void token() {
    SignedTokens tokens =
        SignedTokens.builder().issuer("us").audience("us").key("1", new byte[32]).build();
    String token = tokens.issue("acme", "reports", Set.of());
    expect("acme", tokens.verify(token).map(Identity::tenant).orElseThrow());
  }

  private static void limit() {
    RateLimit limit = new RateLimit(1, Duration.ofHours(1));
    try (RateLimiter limiter = RateLimiter.open(Path.of("target", "limits"))) {
      expect(true, limiter.acquire("ada", limit).allowed());
      expect(false, limiter.acquire("ada", limit).allowed());
    }
  }

  private static String tenant(String host) {
    TenantResolver resolver = TenantResolver.builder().baseDomain("api.example").build();
    return resolver.resolve(new Hints(null, host, "/", null));
  }

  /** The modules of this application but for its own and the JDK's. */
  private static Set<String> dependencies() {
    return ModuleLayer.boot().modules().stream()
        .map(Module::getName)
        .filter(name -> !name.startsWith("java.") && !name.startsWith("jdk."))
        .filter(name -> !name.equals("consumer"))
        .collect(Collectors.toSet());
  }

  private static void expect(Object wanted, Object seen) {
    if (!Objects.equals(wanted, seen)) {
      throw new AssertionError("wanted " + wanted + ", saw " + seen);
    }
  }
}
