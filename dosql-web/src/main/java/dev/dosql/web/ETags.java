package dev.dosql.web;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Entity tags of rows with a version, so that nobody overwrites what they have not seen: {@code
 * UPDATE … SET …, version = version + 1 WHERE id = ? AND version = ?}, with the version of {@code
 * If-Match}, and {@link #mismatch} if that changes nothing.
 */
public final class ETags {
  private static final Pattern VERSION = Pattern.compile("\"(0|[1-9][0-9]{0,18})\"");
  private static final int HEADER_CHARS_MAX = 4096;

  private ETags() {}

  /**
   * The tag of a version.
   *
   * @param version the row's version, 0 or more
   * @return a strong tag, such as {@code "7"} with its quotes
   */
  public static String of(long version) {
    if (version < 0) {
      throw new IllegalArgumentException("version must be 0 or more: " + version);
    }
    return "\"" + version + "\"";
  }

  /**
   * The version that a client has seen.
   *
   * @param ifMatch the header {@code If-Match}, or null
   * @return the version
   * @throws WebException 428 if there is none, so that a client cannot forget it; 412 if it is none
   *     of ours: {@code *}, a weak tag and a list are not one version
   */
  public static long requireVersion(@Nullable String ifMatch) {
    if (ifMatch == null || ifMatch.isBlank()) {
      throw new WebException(
          428, "precondition_required", "If-Match must be the ETag that was last seen");
    }
    Matcher matcher = VERSION.matcher(ifMatch.strip());
    if (!matcher.matches()) {
      throw mismatch();
    }
    try {
      return Long.parseLong(matcher.group(1));
    } catch (NumberFormatException e) {
      throw mismatch();
    }
  }

  /**
   * Whether a client has what it asks for, and 304 is the answer.
   *
   * @param ifNoneMatch the header {@code If-None-Match}, or null
   * @param etag the tag of what there is
   * @return true if a tag in the list is this one, be it weak, or the header is {@code *}
   */
  public static boolean matches(@Nullable String ifNoneMatch, String etag) {
    if (ifNoneMatch == null || ifNoneMatch.length() > HEADER_CHARS_MAX) {
      return false;
    }
    if (ifNoneMatch.strip().equals("*")) {
      return true;
    }
    for (String each : ifNoneMatch.split(",")) {
      String tag = each.strip();
      if (tag.equals(etag) || tag.equals("W/" + etag)) {
        return true;
      }
    }
    return false;
  }

  /**
   * 412: what the client has seen is no longer what there is.
   *
   * @return the error
   */
  public static WebException mismatch() {
    return new WebException(412, "precondition_failed", "changed since it was read: read it again");
  }
}
