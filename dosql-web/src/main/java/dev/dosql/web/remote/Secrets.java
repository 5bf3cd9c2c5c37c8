package dev.dosql.web.remote;

/** The secrets of services. */
final class Secrets {
  private static final int CHARS_MIN = 32;
  private static final int CHARS_MAX = 1024;

  private Secrets() {}

  /**
   * Checks that a secret can be sent in a header, and is not plainly too short to be one.
   *
   * @throws IllegalArgumentException if it is not so; without the secret
   */
  static void check(String secret) {
    if (secret.length() < CHARS_MIN || secret.length() > CHARS_MAX) {
      throw new IllegalArgumentException(
          "secret needs " + CHARS_MIN + " to " + CHARS_MAX + " characters, has " + secret.length());
    }
    if (!secret.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException("secret needs printable ASCII without spaces");
    }
  }
}
