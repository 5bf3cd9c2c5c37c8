package dev.dosql.examples.api;

import dev.dosql.DBOptions;
import dev.dosql.Durability;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the environment says of the service. Nothing else is read, and what is not set has a value
 * that is safe.
 *
 * <ul>
 *   <li>{@code PORT}: where it listens; 8787
 *   <li>{@code API_BASE_DOMAIN}: tenants are its subdomains; {@code localhost}
 *   <li>{@code API_TENANTS}: tenants that are made at the start if they are not there, with commas
 *       between them; none
 *   <li>{@code API_ADMIN_EMAIL} and {@code API_ADMIN_PASSWORD}: the first admin of a tenant that
 *       has none of that address; without both there is none
 *   <li>{@code API_TOKEN_KEY}: 32 bytes or more in Base64, with which tokens of other services are
 *       signed; without it none is accepted
 *   <li>{@code API_REQUESTS_PER_MINUTE}: how many of one address, and of one identity; 300
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
 * @param requestsPerMinute how many requests of one address, and of one identity
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
    List<String> corsOrigins,
    Optional<String> bucket,
    Durability durability) {

  static Settings of(Map<String, String> environment, Path home) {
    Optional<String> bucket = Optional.ofNullable(environment.get("DOSQL_BUCKET"));
    String durability = bucket.isPresent() ? "BUCKET" : "LOCAL";
    return new Settings(
        home,
        Integer.parseInt(environment.getOrDefault("PORT", "8787")),
        environment.getOrDefault("API_BASE_DOMAIN", "localhost"),
        list(environment.getOrDefault("API_TENANTS", "")),
        admin(environment),
        Optional.ofNullable(environment.get("API_TOKEN_KEY")).map(Base64.getDecoder()::decode),
        Integer.parseInt(environment.getOrDefault("API_REQUESTS_PER_MINUTE", "300")),
        list(environment.getOrDefault("API_CORS_ORIGINS", "")),
        bucket,
        Durability.valueOf(environment.getOrDefault("DOSQL_DURABILITY", durability)));
  }

  private static Optional<AccountRoutes.SignUp> admin(Map<String, String> environment) {
    String email = environment.get("API_ADMIN_EMAIL");
    String password = environment.get("API_ADMIN_PASSWORD");
    return email == null || password == null
        ? Optional.empty()
        : Optional.of(new AccountRoutes.SignUp("Admin", email, password));
  }

  private static List<String> list(String value) {
    return Arrays.stream(value.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
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
