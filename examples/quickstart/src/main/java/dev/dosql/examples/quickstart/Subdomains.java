package dev.dosql.examples.quickstart;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tells the tenant from the Host header: exactly one DNS label before the base domain. Anything
 * else, an address or the base domain itself, is no tenant; there is no default one.
 */
final class Subdomains {
  private static final String LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
  private static final String PORT = "(?::\\d{1,5})?";

  private final Pattern host;

  Subdomains(String baseDomain) {
    host = Pattern.compile("(" + LABEL + ")\\." + Pattern.quote(baseDomain) + PORT);
  }

  /** The tenant of a Host header; host names know no case. */
  Optional<String> tenant(String hostHeader) {
    Matcher matcher = host.matcher(hostHeader.toLowerCase(Locale.ROOT));
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }
}
