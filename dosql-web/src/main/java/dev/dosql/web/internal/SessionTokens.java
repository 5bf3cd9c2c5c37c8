package dev.dosql.web.internal;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * Tokens of sessions: {@code dos_} and 256 random bits in base64url. So many bits cannot be
 * guessed, and need no salt where their hash is kept. The first letters tell scanners for leaked
 * secrets what they have found.
 */
public final class SessionTokens {
  private static final String PREFIX = "dos_";
  private static final Pattern FORM = Pattern.compile(PREFIX + "[A-Za-z0-9_-]{43}");
  private static final int BYTES = 32;

  private final SecureRandom random = new SecureRandom();

  /** A new one. */
  public String next() {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Whether a text can be one. */
  public static boolean isOne(String token) {
    return FORM.matcher(token).matches();
  }

  /** What is kept of one: its SHA-256. */
  public static byte[] hash(String token) {
    return Hashes.sha256(token.getBytes(StandardCharsets.US_ASCII));
  }
}
