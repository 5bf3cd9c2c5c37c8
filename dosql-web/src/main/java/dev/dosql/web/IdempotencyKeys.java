package dev.dosql.web;

import dev.dosql.web.internal.Hashes;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The header {@code Idempotency-Key}, as a key for {@link dev.dosql.DB#once(String, byte[], Class,
 * dev.dosql.TransactionWork) once}.
 */
public final class IdempotencyKeys {
  private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7e]{1,255}");

  private IdempotencyKeys() {}

  /**
   * Checks what a client sent.
   *
   * @param header the header, or null
   * @return the key
   * @throws WebException 400 if there is none, or it is not 1 to 255 visible ASCII characters
   */
  public static String require(@Nullable String header) {
    if (header == null || !VISIBLE.matcher(header).matches()) {
      throw WebException.badRequest("Idempotency-Key must be 1 to 255 visible ASCII characters");
    }
    return header;
  }

  /**
   * A key that only the same sender gets for the same kind of request, so that nobody is given the
   * answer to another's request by using their key.
   *
   * @param key what the client sent
   * @param scope who sent it and for what: subject, method, route
   * @return a hash of them, which is a key for {@code once}
   */
  public static String scoped(String key, String... scope) {
    return Hashes.hex(Hashes.sha256(key, scope));
  }
}
