package dev.dosql.web;

import dev.dosql.web.internal.PathSegments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells which tenant a request is of: from the identity that was verified, else from the subdomain,
 * else from the path, else from a header that the caller says is trusted.
 *
 * <p>There is no default tenant, and no place that was not asked for is looked at. A request that
 * names two tenants, in whatever two places, is refused: who is of one tenant cannot reach another
 * by its host name, and a forged header cannot move a request. Whether the tenant exists is for
 * {@link dev.dosql.DoSQL#find} to say; what is a name, for the library's one rule.
 *
 * <p>Immutable; safe for use by many threads.
 */
public final class TenantResolver {
  private final @Nullable String baseDomain;
  private final Set<String> reservedSubdomains;
  private final @Nullable String pathPrefix;
  private final @Nullable String trustedHeader;

  private TenantResolver(Builder from) {
    this.baseDomain = from.baseDomain;
    this.reservedSubdomains = Set.copyOf(from.reservedSubdomains);
    this.pathPrefix = from.pathPrefix;
    this.trustedHeader = from.trustedHeader;
  }

  /**
   * A resolver that looks at identities only, to be extended.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The name of the header that is trusted.
   *
   * @return the name, or empty if none is
   */
  public Optional<String> trustedHeader() {
    return Optional.ofNullable(trustedHeader);
  }

  /**
   * What a request says of its tenant.
   *
   * @param claimed the tenant of a verified identity, or null
   * @param host the {@code Host} header as it was sent, or null
   * @param rawPath the path as it was sent, with its percent signs
   * @param header the header of {@link TenantResolver#trustedHeader()}, or null; not looked at
   *     where none is trusted
   */
  public record Hints(
      @Nullable String claimed, @Nullable String host, String rawPath, @Nullable String header) {}

  /**
   * The tenant of a request.
   *
   * @param hints what it says
   * @return the name; it may be none that exists, or none that can
   * @throws WebException 404 if nothing names a tenant, or something does so in a way that can be
   *     read in two ways; 403 if two places name different ones
   */
  public String resolve(Hints hints) {
    List<String> named = new ArrayList<>();
    add(named, hints.claimed());
    add(named, subdomain(hints.host()));
    add(named, fromPath(hints.rawPath()));
    add(named, trustedHeader == null ? null : hints.header());
    if (named.isEmpty()) {
      throw noTenant();
    }
    if (named.stream().distinct().count() > 1) {
      throw new WebException(403, "tenant_mismatch", "not a request of this tenant");
    }
    return named.get(0);
  }

  private static void add(List<String> named, @Nullable String tenant) {
    if (tenant != null) {
      named.add(tenant);
    }
  }

  /** Exactly one label before the base domain; host names know no case. */
  private @Nullable String subdomain(@Nullable String host) {
    if (baseDomain == null || host == null) {
      return null;
    }
    String name = Builder.PORT.matcher(host.toLowerCase(Locale.ROOT)).replaceFirst("");
    if (!name.endsWith("." + baseDomain)) {
      return null;
    }
    String label = name.substring(0, name.length() - baseDomain.length() - 1);
    if (!Builder.LABEL.matcher(label).matches()) {
      throw noTenant();
    }
    return reservedSubdomains.contains(label) ? null : label;
  }

  private @Nullable String fromPath(String rawPath) {
    if (pathPrefix == null || !rawPath.startsWith(pathPrefix + "/")) {
      return null;
    }
    String rest = rawPath.substring(pathPrefix.length() + 1);
    int end = rest.indexOf('/');
    String segment = end < 0 ? rest : rest.substring(0, end);
    return PathSegments.decode(segment).orElseThrow(TenantResolver::noTenant);
  }

  private static WebException noTenant() {
    return new WebException(404, "tenant_not_found", "the request names no tenant");
  }

  /**
   * Collects where to look; {@link #build} checks it.
   *
   * <p>Used by one thread at a time.
   */
  public static final class Builder {
    private static final Pattern LABEL = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?");
    private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");
    private static final Pattern PREFIX = Pattern.compile("(/[A-Za-z0-9_-]+)+");
    private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9-]+");

    private @Nullable String baseDomain;
    private final Set<String> reservedSubdomains = new TreeSet<>();
    private @Nullable String pathPrefix;
    private @Nullable String trustedHeader;

    private Builder() {}

    /**
     * The domain whose subdomains are tenants: with {@code example.com}, {@code acme.example.com}
     * is a request of {@code acme}. A host outside of it names no tenant. Default none.
     *
     * @param domain the domain, without a dot before it or a port after it
     * @return this
     */
    public Builder baseDomain(String domain) {
      baseDomain = domain.toLowerCase(Locale.ROOT);
      return this;
    }

    /**
     * Subdomains that name no tenant, such as {@code www} and {@code api}. Default none.
     *
     * @param labels the labels
     * @return this
     */
    public Builder reservedSubdomains(String... labels) {
      Arrays.stream(labels).map(l -> l.toLowerCase(Locale.ROOT)).forEach(reservedSubdomains::add);
      return this;
    }

    /**
     * The path before the segment that is a tenant's name: with {@code /t}, {@code /t/acme/users}
     * is a request of {@code acme}. The segment is decoded once. What servers and proxies read in
     * different ways, such as {@code ..}, an encoded slash or a semicolon, is no tenant. Default
     * none.
     *
     * @param prefix the path, with a slash before it and none after it
     * @return this
     */
    public Builder pathPrefix(String prefix) {
      pathPrefix = Objects.requireNonNull(prefix, "prefix");
      return this;
    }

    /**
     * A header that names the tenant, for services behind a gateway that sets it and removes it
     * from what clients send. Default none: whoever can reach the service can send any header.
     *
     * @param name the header's name
     * @return this
     */
    public Builder trustedHeader(String name) {
      trustedHeader = Objects.requireNonNull(name, "name");
      return this;
    }

    /**
     * Checks it and makes it final.
     *
     * @return the resolver
     * @throws IllegalArgumentException if something cannot be what it should; names it
     */
    public TenantResolver build() {
      if (baseDomain != null) {
        Arrays.stream(baseDomain.split("\\.", -1)).forEach(l -> check("baseDomain", LABEL, l));
      }
      reservedSubdomains.forEach(label -> check("reservedSubdomains", LABEL, label));
      check("pathPrefix", PREFIX, pathPrefix);
      check("trustedHeader", HEADER, trustedHeader);
      return new TenantResolver(this);
    }

    private static void check(String what, Pattern pattern, @Nullable String value) {
      if (value != null && !pattern.matcher(value).matches()) {
        throw new IllegalArgumentException(what + " must match " + pattern + ": " + value);
      }
    }
  }
}
