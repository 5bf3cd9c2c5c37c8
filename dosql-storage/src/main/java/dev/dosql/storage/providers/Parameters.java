package dev.dosql.storage.providers;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The parameters of a URI. Messages have their names and never their values. */
final class Parameters {

  private final Map<String, String> values = new TreeMap<>();

  Parameters(URI uri, Set<String> known) {
    String raw = uri.getRawQuery();
    for (String pair : raw == null || raw.isEmpty() ? new String[0] : raw.split("&")) {
      int equals = pair.indexOf('=');
      String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
      if (!known.contains(name)) {
        throw refused(uri, "unknown parameter", name, new TreeSet<>(known).toString());
      }
      if (equals < 0 || values.putIfAbsent(name, decoded(pair.substring(equals + 1))) != null) {
        throw refused(uri, "parameter without value or twice", name, "each once, with a value");
      }
    }
    if (uri.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "store not opened: a fragment after '#', needed none (scheme=" + uri.getScheme() + ")");
    }
  }

  @Nullable String text(String name) {
    return values.get(name);
  }

  @Nullable Boolean bool(URI uri, String name) {
    String value = values.get(name);
    if (value == null) {
      return null;
    }
    if (!value.equals("true") && !value.equals("false")) {
      throw refused(uri, "parameter is no boolean", name, "true or false");
    }
    return Boolean.valueOf(value);
  }

  static IllegalArgumentException refused(URI uri, String seen, String name, String needed) {
    // A name may be a secret that lost its own name; what looks like one of ours is none.
    String shown = name.matches("[A-Za-z][A-Za-z-]{0,31}") ? name : "?";
    return new IllegalArgumentException(
        "store not opened: %s, needed %s (scheme=%s, parameter=%s)"
            .formatted(seen, needed, uri.getScheme(), shown));
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
