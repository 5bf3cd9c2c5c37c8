package dev.dosql.examples.api;

import dev.dosql.DBOptions;
import dev.dosql.Durability;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the environment says of the service. Nothing else is read, what is not set has a value that
 * is safe, and what cannot be taken ends the start with the name of the variable.
 *
 * <ul>
 *   <li>{@code PORT}: where it listens; 8787
 *   <li>{@code API_BASE_DOMAIN}: tenants are its subdomains; {@code localhost}
 *   <li>{@code API_TENANTS}: tenants that are made at the start if they are not there, with commas
 *       between them; none
 *   <li>{@code API_ADMIN_EMAIL} and {@code API_ADMIN_PASSWORD}: the first admin of a tenant that
 *       has none of that address; none. If the address is somebody's who is no admin, nobody is
 *       made one, and the log says so
 *   <li>{@code API_TOKEN_KEY}: 32 bytes or more in Base64, with which tokens of other services are
 *       signed; without it none is accepted
 *   <li>{@code API_REQUESTS_PER_MINUTE}: how many of one identity; 300
 *   <li>{@code API_CLIENT_REQUESTS_PER_MINUTE}: how many of one address, which may be that of many
 *       people; 1200
 *   <li>{@code API_TRUSTED_PROXIES}: how many proxies there are in front of the service, each of
 *       which adds to {@code X-Forwarded-For} whom it serves; 0: the header is not read
 *   <li>{@code API_TENANT_REQUESTS_PER_MINUTE}: how many of all users of a tenant; 6000
 *   <li>{@code API_UPKEEP_MINUTES}: how often sessions that have ended are deleted; 60
 *   <li>{@code API_CORS_ORIGINS}: the origins whose pages may call the service, with commas between
 *       them; none
 *   <li>{@code DOSQL_BUCKET}: where the tenants are shipped to, {@code
 *       s3://bucket/prefix?endpoint=…&region=…} with the credentials where the AWS SDK looks for
 *       them, or {@code file:…}; nowhere
 *   <li>{@code DOSQL_DURABILITY}: {@code BUCKET}, {@code LOCAL} or {@code PROCESS}; {@code BUCKET}
 *       if there is a bucket, {@code LOCAL} if not
 * </ul>
 *
 * @param home where the local files are
 * @param port where it listens; 0 is any free port
 * @param baseDomain the domain whose subdomains are tenants
 * @param tenants the tenants that there must be
 * @param admin the first admin of each of them, or empty for none
 * @param tokenKey what tokens of services are signed with, or empty to accept none
 * @param requestsPerMinute how many requests of one identity
 * @param clientRequestsPerMinute how many requests of one address
 * @param trustedProxies how many proxies say in {@code X-Forwarded-For} whom they serve
 * @param tenantRequestsPerMinute how many requests of all users of a tenant
 * @param upkeepInterval how often what has ended is deleted
 * @param corsOrigins whose pages may call the service
 * @param bucket the URI of the bucket, or empty for none
 * @param durability what a write has survived when it is answered
 */
record Settings(
    Path home,
    int port,
    String baseDomain,
    List<String> tenants,
    Optional<AccountRoutes.SignUp> admin,
    Optional<byte[]> tokenKey,
    int requestsPerMinute,
    int clientRequestsPerMinute,
    int trustedProxies,
    int tenantRequestsPerMinute,
    Duration upkeepInterval,
    List<String> corsOrigins,
    Optional<String> bucket,
    Durability durability) {

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException if one cannot be taken; names it, without its value
   */
  static Settings of(Map<String, String> environment, Path home) {
    Variables from = new Variables(environment);
    Optional<String> bucket = Optional.ofNullable(environment.get("DOSQL_BUCKET"));
    Durability durability = bucket.isPresent() ? Durability.BUCKET : Durability.LOCAL;
    return new Settings(
        home,
        from.number("PORT", 8787, 0),
        from.text("API_BASE_DOMAIN", "localhost"),
        list(from.text("API_TENANTS", "")),
        from.admin(),
        Optional.ofNullable(from.parsed("API_TOKEN_KEY", null, Base64.getDecoder()::decode)),
        from.number("API_REQUESTS_PER_MINUTE", 300, 1),
        from.number("API_CLIENT_REQUESTS_PER_MINUTE", 1_200, 1),
        from.number("API_TRUSTED_PROXIES", 0, 0),
        from.number("API_TENANT_REQUESTS_PER_MINUTE", 6_000, 1),
        Duration.ofMinutes(from.number("API_UPKEEP_MINUTES", 60, 1)),
        list(from.text("API_CORS_ORIGINS", "")),
        bucket,
        from.parsed("DOSQL_DURABILITY", durability, Durability::valueOf));
  }

  private static List<String> list(String value) {
    return Arrays.stream(value.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  /** The environment, whose texts become what is needed. */
  private record Variables(Map<String, String> environment) {
    String text(String name, String otherwise) {
      return environment.getOrDefault(name, otherwise);
    }

    int number(String name, int otherwise, int min) {
      int number = parsed(name, otherwise, Integer::valueOf);
      if (number < min) {
        throw wrong(name);
      }
      return number;
    }

    <T extends @Nullable Object> T parsed(String name, T otherwise, Function<String, T> parser) {
      String value = environment.get(name);
      try {
        return value == null ? otherwise : parser.apply(value);
      } catch (IllegalArgumentException e) {
        throw wrong(name);
      }
    }

    private static IllegalArgumentException wrong(String name) {
      return new IllegalArgumentException(name + " cannot be taken; Settings says what it may be");
    }

    Optional<AccountRoutes.SignUp> admin() {
      String email = environment.get("API_ADMIN_EMAIL");
      String password = environment.get("API_ADMIN_PASSWORD");
      if ((email == null) != (password == null)) {
        throw new IllegalArgumentException(
            "API_ADMIN_EMAIL and API_ADMIN_PASSWORD need each other");
      }
      return email == null || password == null
          ? Optional.empty()
          : Optional.of(new AccountRoutes.SignUp("Admin", email, password));
    }
  }

  // region options
  DBOptions options() {
    DBOptions.Builder options =
        DBOptions.builder()
            .directory(home.resolve(".do/data"))
            .migrations("classpath:migrations")
            .createIfMissing(false) // a typing error in a host name makes no database
            .durability(durability);
    bucket.ifPresent(options::cold); // file:… or s3://bucket/prefix?endpoint=…&region=auto
    return options.build();
  }

  // endregion

  /** What is worth saying at the start; no parameters of the bucket, in case one is secret. */
  @Override
  public String toString() {
    return "bucket "
        + bucket.map(uri -> uri.replaceFirst("\\?.*", "")).orElse("none")
        + ", durability "
        + durability;
  }
}
