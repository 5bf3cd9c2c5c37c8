package dev.dosql.internal.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dosql.IdempotencyConflictException;
import dev.dosql.IdempotencyConflictException.Kind;
import dev.dosql.LimitExceededException;
import dev.dosql.Once;
import dev.dosql.ParameterException;
import dev.dosql.internal.engine.OnceTable.Kept;
import dev.dosql.internal.values.Encoding;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a call of {@code once} asks for, checked: its key, the hash of its fingerprint, the type of
 * its value.
 *
 * <p>Immutable; safe for use by many threads.
 *
 * @param <T> the type of the value
 */
final class OnceRequest<T extends @Nullable Object> {
  /**
   * As much as an HTTP service takes for a key; each is stored twice, in the table and its index.
   */
  private static final int KEY_BYTES_MAX = 255;

  /** An answer to a request; what is larger belongs in a table, and its id here. */
  private static final int VALUE_BYTES_MAX = 1 << 20;

  private final String key;
  private final byte @Nullable [] fingerprint;
  private final Encoding<T> encoding;
  private final String tenant;

  /**
   * Checks the key.
   *
   * @param fingerprint what tells requests apart, or null
   * @throws ParameterException if the key cannot be one
   */
  OnceRequest(String key, byte @Nullable [] fingerprint, Encoding<T> encoding, String tenant) {
    this.key = key;
    this.fingerprint = fingerprint == null ? null : sha256(fingerprint);
    this.encoding = encoding;
    this.tenant = tenant;
    int bytes = utf8("key", key, tenant).length;
    if (bytes == 0 || bytes > KEY_BYTES_MAX) {
      throw new ParameterException(
          "key refused: "
              + bytes
              + " bytes seen, 1 to "
              + KEY_BYTES_MAX
              + " needed (tenant="
              + tenant
              + ")");
    }
  }

  /** A text's bytes, or a ParameterException if UTF-8 has none for it. */
  private static byte[] utf8(String what, String text, String tenant) {
    try {
      ByteBuffer bytes = UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      return Arrays.copyOf(bytes.array(), bytes.limit());
    } catch (CharacterCodingException e) {
      throw new ParameterException(
          what
              + " refused: an unpaired surrogate seen, text that has a form in UTF-8 needed (tenant="
              + tenant
              + ")",
          e);
    }
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK has it.
    }
  }

  /** The key. */
  String key() {
    return key;
  }

  /**
   * What is to be kept of a value.
   *
   * @throws dev.dosql.MappingException if it is not of the type
   * @throws ParameterException if it cannot be stored exactly
   * @throws LimitExceededException if it is too large
   */
  Kept kept(@Nullable Object value) {
    byte[] bytes = encoding.encode(value);
    if (bytes.length > VALUE_BYTES_MAX) {
      throw new LimitExceededException(
          "value of a key is too large: "
              + bytes.length
              + " bytes seen, at most "
              + VALUE_BYTES_MAX
              + " allowed (tenant="
              + tenant
              + ", type="
              + encoding.typeName()
              + ")",
          "onceValueBytesMax",
          VALUE_BYTES_MAX,
          bytes.length);
    }
    return new Kept(encoding.typeName(), fingerprint, bytes);
  }

  /** What the call that ran the work gets: its value as every other call will read it. */
  Once<T> first(Kept kept) {
    return new Once<>(encoding.decode(kept.value(), tenant), false);
  }

  /**
   * What a call gets for whose key something is kept.
   *
   * @throws IdempotencyConflictException if that was another request
   */
  Once<T> replay(Kept kept) {
    if (!kept.type().equals(encoding.typeName())) {
      throw conflict(Kind.TYPE, kept.type(), encoding.typeName());
    }
    if (!Arrays.equals(kept.fingerprint(), fingerprint)) {
      throw conflict(Kind.FINGERPRINT, hex(kept.fingerprint()), hex(fingerprint));
    }
    return new Once<>(encoding.decode(kept.value(), tenant), true);
  }

  /** The names of classes may stand in a log; a hash of what a user sent need not. */
  private IdempotencyConflictException conflict(Kind kind, String seen, String needed) {
    String what =
        kind == Kind.TYPE
            ? "a value of type " + seen + " seen, " + needed + " needed"
            : "another request's fingerprint seen, this one's needed";
    return new IdempotencyConflictException(
        "key was used for another request: " + what + " (tenant=" + tenant + ", kind=" + kind + ")",
        kind,
        key,
        seen,
        needed);
  }

  private static String hex(byte @Nullable [] fingerprint) {
    return fingerprint == null ? "none" : HexFormat.of().formatHex(fingerprint);
  }

  /** The bytes of a fingerprint of text, or a ParameterException if UTF-8 has none for it. */
  static byte[] fingerprint(String text, String tenant) {
    return utf8("fingerprint", Objects.requireNonNull(text, "fingerprint"), tenant);
  }
}
