package dev.dosql.web.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of texts, each with its length before it, so that no two lists of texts look alike. */
public final class Hashes {
  private Hashes() {}

  /** The hash of a list of texts. */
  public static byte[] sha256(String first, String... more) {
    MessageDigest digest = digest();
    update(digest, first);
    for (String each : more) {
      update(digest, each);
    }
    return digest.digest();
  }

  /** The hash of bytes alone. */
  public static byte[] sha256(byte[] bytes) {
    return digest().digest(bytes);
  }

  private static void update(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
    digest.update(bytes);
  }

  /** In hexadecimal digits. */
  public static String hex(byte[] hash) {
    return HexFormat.of().formatHex(hash);
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
