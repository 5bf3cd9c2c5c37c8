package dev.dosql.junit;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Names for the tenants of tests: readable, unique in this process, and good as names of files. */
final class TestNames {
  /** What is left of the 64 characters that a file's name has, with room for a number. */
  private static final int READABLE_MAX = 52;

  private static final Pattern HUMP = Pattern.compile("(?<=[a-z0-9])(?=[A-Z])");
  private static final Pattern FOREIGN = Pattern.compile("[^a-z0-9]+");
  private static final Pattern EDGES = Pattern.compile("^-|-$");

  private static final AtomicLong last = new AtomicLong();

  private TestNames() {}

  /** A name for the tenant of a test or class. */
  static String unique(ExtensionContext context) {
    String type = context.getRequiredTestClass().getSimpleName();
    return unique(context.getTestMethod().map(m -> type + "-" + m.getName()).orElse(type));
  }

  /** A name for a tenant that the test has named. */
  static String unique(ExtensionContext context, String tenant) {
    return unique(context.getTestMethod().map(m -> m.getName() + "-" + tenant).orElse(tenant));
  }

  private static String unique(String readable) {
    String words = HUMP.matcher(readable).replaceAll("-").toLowerCase(Locale.ROOT);
    String plain = EDGES.matcher(FOREIGN.matcher(words).replaceAll("-")).replaceAll("");
    String kept = plain.substring(0, Math.min(plain.length(), READABLE_MAX));
    return (kept.isEmpty() ? "test" : kept) + "-" + last.incrementAndGet();
  }
}
