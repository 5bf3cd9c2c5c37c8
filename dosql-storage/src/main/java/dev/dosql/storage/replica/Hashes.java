package dev.dosql.storage.replica;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;

/** Hex digits of hashes and of randomness. */
final class Hashes {

  private static final SecureRandom RANDOM = new SecureRandom();

  private Hashes() {}

  /** The first hex digits of the SHA-256 of the text's UTF-8. */
  static String sha256(String text, int digits) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] hash = digest.digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, digits);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e); // every Java platform has it
    }
  }

  static String random16() {
    return HexFormat.of().toHexDigits(RANDOM.nextLong());
  }
}
