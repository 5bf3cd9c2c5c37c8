package dev.dosql.storage;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Under which condition an object is put, and with what metadata. Immutable; safe for use by many
 * threads.
 *
 * <p>Metadata travels as HTTP headers in some stores, which sets its rules: names of {@code a-z},
 * {@code 0-9} and {@code -}; values of one or more printable ASCII characters with no space at
 * either end; all names and values together at most {@value #METADATA_BYTES_MAX} bytes.
 *
 * @param mustBeAbsent whether the put succeeds only if there is no such object
 * @param mustMatch the version tag that the object must have, or null for any or none
 * @param metadata what is kept with the object, unmodifiable
 */
public record PutOptions(
    boolean mustBeAbsent, @Nullable String mustMatch, Map<String, String> metadata) {

  /** The longest metadata: names and values together, in bytes. */
  public static final int METADATA_BYTES_MAX = 2048;

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]*");
  private static final Pattern VALUE = Pattern.compile("[!-~]([ -~]*[!-~])?");

  /**
   * Checks the options and copies the metadata; the factories below read better.
   *
   * @param mustBeAbsent whether the put succeeds only if there is no such object
   * @param mustMatch the version tag that the object must have, or null
   * @param metadata what is kept with the object
   */
  public PutOptions {
    if (mustBeAbsent && mustMatch != null) {
      throw new IllegalArgumentException(
          "options refused: ifAbsent and ifMatch, needed at most one (etag=" + mustMatch + ")");
    }
    if (mustMatch != null && mustMatch.isEmpty()) {
      throw new IllegalArgumentException("options refused: an empty tag, needed one from a store");
    }
    metadata = Map.copyOf(metadata);
    checkMetadata(metadata);
  }

  /**
   * Puts in any case.
   *
   * @return the options, with no metadata
   */
  public static PutOptions unconditional() {
    return new PutOptions(false, null, Map.of());
  }

  /**
   * Puts only if there is no such object.
   *
   * @return the options, with no metadata
   */
  public static PutOptions ifAbsent() {
    return new PutOptions(true, null, Map.of());
  }

  /**
   * Puts only if the object is there and has this version tag.
   *
   * @param etag the tag, as the store gave it
   * @return the options, with no metadata
   */
  public static PutOptions ifMatch(String etag) {
    return new PutOptions(false, etag, Map.of());
  }

  /**
   * Adds one pair of metadata, or replaces the value of that name.
   *
   * @param name the name
   * @param value the value
   * @return new options with the pair
   * @throws IllegalArgumentException if the name or the value breaks a rule, or all are too long
   */
  public PutOptions withMetadata(String name, String value) {
    Map<String, String> more = new HashMap<>(metadata);
    more.put(name, value);
    return new PutOptions(mustBeAbsent, mustMatch, more);
  }

  private static void checkMetadata(Map<String, String> metadata) {
    int bytes = 0;
    for (Map.Entry<String, String> pair : metadata.entrySet()) {
      check(NAME, "name", pair.getKey(), "a-z, 0-9 and '-'", pair.getKey());
      check(VALUE, "value", pair.getValue(), "printable ASCII, trimmed", pair.getKey());
      bytes += pair.getKey().length() + pair.getValue().length();
    }
    if (bytes > METADATA_BYTES_MAX) {
      throw new IllegalArgumentException(
          "metadata refused: " + bytes + " bytes, needed at most " + METADATA_BYTES_MAX);
    }
  }

  private static void check(Pattern rule, String what, String seen, String needed, String name) {
    if (!rule.matcher(seen).matches()) {
      throw new IllegalArgumentException(
          "metadata refused: a %s of %d characters, needed %s (name=%s)"
              .formatted(what, seen.length(), needed, name.replaceAll("[^ -~]", "?")));
    }
  }
}
