package dev.dosql.web.internal;

import dev.dosql.web.Problem;
import dev.dosql.web.WebException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.util.Base64;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * Hashes of passwords by Argon2id (RFC 9106), with what OWASP advises at least: 19 MiB, two passes,
 * one lane. The text of one is in the PHC format, {@code $argon2id$v=19$m=19456,t=2,p=1$salt$hash},
 * and says its own costs.
 *
 * <p>Each takes tens of milliseconds of a core and 19 MiB, so no more are made at once than there
 * are cores. Four more wait for each core; whoever comes then is told at once to come again, and so
 * is who waits longer than five seconds. Waiting holds the caller's thread, of which a server has a
 * number for all of its tenants.
 *
 * <p>Safe for use by many threads.
 */
public final class Passwords {
  private static final int MEMORY_KIB = 19_456;
  private static final int PASSES = 2;
  private static final int LANES = 1;
  private static final int SALT_BYTES = 16;
  private static final int HASH_BYTES = 32;
  private static final int CHARS_MIN = 8;
  private static final int BYTES_MAX = 1_024;
  private static final int CORES = Runtime.getRuntime().availableProcessors();
  private static final int WAITING_PER_CORE_MAX = 4;
  private static final long WAIT_SECONDS = 5;

  /** Costs beyond these are not ours; a forged row must not take all memory. */
  private static final Pattern PHC =
      Pattern.compile(
          "\\$argon2id\\$v=19\\$m=([0-9]{1,6}),t=([0-9]{1,2}),p=([0-9])"
              + "\\$([A-Za-z0-9+/]{11,86})\\$([A-Za-z0-9+/]{22,86})");

  private static final int MEMORY_KIB_MAX = 262_144;

  private final SecureRandom random = new SecureRandom();
  private final Semaphore cores = new Semaphore(CORES, true);

  /** Of those who have a core, and of those who wait for one. */
  private final Semaphore places = new Semaphore(CORES * (1 + WAITING_PER_CORE_MAX));

  private final String nobodys;

  /** Makes the hash that passwords of unknown users are compared with. */
  public Passwords() {
    byte[] secret = new byte[HASH_BYTES];
    random.nextBytes(secret);
    nobodys = hash(Base64.getEncoder().encodeToString(secret));
  }

  /**
   * The hash of a new password.
   *
   * @throws WebException 422 if it is shorter than 8 characters or longer than 1,024 bytes
   */
  public String hashNew(String password) {
    if (password.codePointCount(0, password.length()) < CHARS_MIN || isTooLong(password)) {
      throw WebException.unprocessable(
          "password must have "
              + CHARS_MIN
              + " characters or more, and at most "
              + BYTES_MAX
              + " bytes");
    }
    return hash(password);
  }

  private String hash(String password) {
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    byte[] hash = argon2(password, salt, MEMORY_KIB, PASSES, LANES, HASH_BYTES);
    Base64.Encoder encoder = Base64.getEncoder().withoutPadding();
    return "$argon2id$v=19$m="
        + MEMORY_KIB
        + ",t="
        + PASSES
        + ",p="
        + LANES
        + "$"
        + encoder.encodeToString(salt)
        + "$"
        + encoder.encodeToString(hash);
  }

  /** Whether a password is that of a hash; false for a hash that is none of ours. */
  public boolean matches(String password, String phc) {
    Matcher parts = PHC.matcher(phc);
    if (!parts.matches() || isTooLong(password)) {
      return false;
    }
    int memory = Integer.parseInt(parts.group(1));
    int passes = Integer.parseInt(parts.group(2));
    int lanes = Integer.parseInt(parts.group(3));
    if (memory > MEMORY_KIB_MAX || passes < 1 || lanes < 1 || memory < 8 * lanes) {
      return false;
    }
    if (isNoBase64(parts.group(4)) || isNoBase64(parts.group(5))) {
      return false;
    }
    byte[] salt = Base64.getDecoder().decode(parts.group(4));
    byte[] kept = Base64.getDecoder().decode(parts.group(5));
    byte[] seen = argon2(password, salt, memory, passes, lanes, kept.length);
    return MessageDigest.isEqual(seen, kept);
  }

  /** Of letters that are all right, only a length can be wrong. */
  private static boolean isNoBase64(String text) {
    return text.length() % 4 == 1;
  }

  /** Takes as long as {@link #matches} does, for a user that is not there. */
  public void matchNobody(String password) {
    matches(password, nobodys);
  }

  private byte[] argon2(
      String password, byte[] salt, int memory, int passes, int lanes, int length) {
    if (!places.tryAcquire()) {
      throw busy();
    }
    try {
      return argon2OnACore(password, salt, memory, passes, lanes, length);
    } finally {
      places.release();
    }
  }

  private byte[] argon2OnACore(
      String password, byte[] salt, int memory, int passes, int lanes, int length) {
    takeCore();
    try {
      Argon2BytesGenerator generator = new Argon2BytesGenerator();
      generator.init(
          new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
              .withVersion(Argon2Parameters.ARGON2_VERSION_13)
              .withMemoryAsKB(memory)
              .withIterations(passes)
              .withParallelism(lanes)
              .withSalt(salt)
              .build());
      byte[] hash = new byte[length];
      generator.generateBytes(normalized(password), hash);
      return hash;
    } finally {
      cores.release();
    }
  }

  private void takeCore() {
    try {
      if (cores.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw busy();
  }

  private static WebException busy() {
    return new WebException(
        Problem.of(503, "unavailable", "busy, try again").withHeader("Retry-After", "1"));
  }

  private static byte[] normalized(String password) {
    return Normalizer.normalize(password, Normalizer.Form.NFC).getBytes(StandardCharsets.UTF_8);
  }

  private static boolean isTooLong(String password) {
    return password.length() > BYTES_MAX || normalized(password).length > BYTES_MAX;
  }
}
