package dev.dosql.internal.tenant;

import dev.dosql.InvalidTenantNameException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A tenant's name, checked, and its one encoding for file names and bucket keys.
 *
 * <p>The encoding is injective, has only {@code a-z 0-9 - _}, and at most 64 characters, so that it
 * means the same on every file system, also on those that ignore case. It never leaves its
 * directory, since it has neither dot nor separator.
 *
 * <table>
 *   <caption>Encoding, byte by byte of the name in UTF-8</caption>
 *   <tr><th>byte</th><th>encoded</th></tr>
 *   <tr><td>{@code a-z 0-9 -}</td><td>itself</td></tr>
 *   <tr><td>any other, upper case and {@code _} too</td><td>{@code _} and two hex digits</td></tr>
 *   <tr><td>the first of a name that Windows keeps for a device ({@code con}, {@code com1}…)</td>
 *       <td>{@code _} and two hex digits</td></tr>
 * </table>
 *
 * <p>A name whose encoding is longer becomes the first 20 characters of it (a whole number of
 * bytes), {@code _h}, and 40 hex digits of the name's SHA-256; {@code h} is no hex digit, so it
 * cannot be mistaken for the other kind. The true name of such a one is kept in a file beside it.
 *
 * @param text the name
 */
public record TenantName(String text) {
  private static final int BYTES_MAX = 200;
  private static final int ENCODED_MAX = 64;
  private static final int KEPT_OF_LONG = 20;
  private static final int HASH_DIGITS = 40;
  private static final String HASH_MARK = "_h";
  private static final HexFormat HEX = HexFormat.of();

  private static final Set<String> DEVICES =
      Set.of(
          "con", "prn", "aux", "nul", "com0", "com1", "com2", "com3", "com4", "com5", "com6",
          "com7", "com8", "com9", "lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7",
          "lpt8", "lpt9", "clock", "conin", "conout");

  /**
   * Checks a name.
   *
   * @throws InvalidTenantNameException if it cannot be one
   */
  public TenantName {
    Objects.requireNonNull(text, "tenant");
    int bytes = utf8(text).length;
    if (bytes == 0 || bytes > BYTES_MAX) {
      throw invalid("needs 1 to " + BYTES_MAX + " bytes of UTF-8, has " + bytes, text);
    }
    text.codePoints()
        .filter(Character::isISOControl)
        .findFirst()
        .ifPresent(
            control -> {
              throw invalid("has a control character: U+" + HEX.toHexDigits((short) control), text);
            });
  }

  private static InvalidTenantNameException invalid(String why, String text) {
    return new InvalidTenantNameException("tenant name " + why, text);
  }

  private static byte[] utf8(String text) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      return Arrays.copyOf(bytes.array(), bytes.limit());
    } catch (CharacterCodingException e) {
      throw invalid("is not valid Unicode: has an unpaired surrogate", text);
    }
  }

  /** The name as it is in file names and bucket keys. */
  public String encoded() {
    byte[] bytes = utf8(text);
    StringBuilder all = new StringBuilder();
    int kept = 0;
    for (int i = 0; i < bytes.length; i++) {
      boolean device = i == 0 && DEVICES.contains(text);
      all.append(device ? escaped(bytes[i]) : encoded(bytes[i]));
      kept = all.length() <= KEPT_OF_LONG ? all.length() : kept;
    }
    return all.length() <= ENCODED_MAX
        ? all.toString()
        : all.substring(0, kept) + HASH_MARK + hash(bytes);
  }

  private static String encoded(byte value) {
    boolean plain = value >= 'a' && value <= 'z' || value >= '0' && value <= '9' || value == '-';
    return plain ? String.valueOf((char) value) : escaped(value);
  }

  private static String escaped(byte value) {
    return "_" + HEX.toHexDigits(value);
  }

  private static String hash(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HEX.formatHex(digest).substring(0, HASH_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every Java has it.
    }
  }

  /** Whether an encoding is a hash, so that the name cannot be read from it. */
  static boolean isHashed(String encoded) {
    return encoded.contains(HASH_MARK);
  }

  /** The name that has an encoding, or empty if none has it or it is a hash. */
  static Optional<TenantName> decode(String encoded) {
    if (isHashed(encoded) || !encoded.equals(encoded.toLowerCase(Locale.ROOT))) {
      return Optional.empty();
    }
    try {
      ByteBuffer bytes = ByteBuffer.allocate(encoded.length());
      for (int i = 0; i < encoded.length(); i++) {
        char next = encoded.charAt(i);
        bytes.put(
            next == '_' ? (byte) HexFormat.fromHexDigits(encoded, i + 1, i + 3) : (byte) next);
        i += next == '_' ? 2 : 0;
      }
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
      TenantName name = new TenantName(text);
      return name.encoded().equals(encoded) ? Optional.of(name) : Optional.empty();
    } catch (IllegalArgumentException
        | IndexOutOfBoundsException
        | CharacterCodingException
        | InvalidTenantNameException e) {
      return Optional.empty(); // A file of somebody else's.
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
