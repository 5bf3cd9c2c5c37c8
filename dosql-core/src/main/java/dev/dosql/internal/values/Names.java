package dev.dosql.internal.values;

/** Names of columns and components, compared as SQLite compares: without regard to ASCII case. */
final class Names {
  private Names() {}

  /** A name with ASCII letters in lower case, and nothing else changed. */
  static String lower(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (isUpper(name.charAt(i))) {
        return lowered(name);
      }
    }
    return name;
  }

  private static String lowered(String name) {
    char[] chars = name.toCharArray();
    for (int i = 0; i < chars.length; i++) {
      if (isUpper(chars[i])) {
        chars[i] += 'a' - 'A';
      }
    }
    return new String(chars);
  }

  private static boolean isUpper(char c) {
    return c >= 'A' && c <= 'Z';
  }

  /** A name in which {@code created_at} and {@code createdAt} are the same. */
  static String folded(String name) {
    return lower(name).replace("_", "");
  }
}
