package dev.dosql.web;

import dev.dosql.web.internal.Cursors;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The page that a client asks for: how many items, and after which one. Neither {@code -1} nor a
 * huge number passes the cap, and pages neither skip nor repeat rows while others are written,
 * because they go on after a key instead of counting rows:
 *
 * <pre>{@code
 * PageRequest page = PageRequest.of(limit, cursor, 20, 100);
 * List<Object> after = page.after("users", Long.class, Long.class); // created_at, id
 * List<User> fetched =
 *     after.isEmpty()
 *         ? db.query(User.class, "SELECT … ORDER BY created_at DESC, id DESC LIMIT ?", page.fetch())
 *         : db.query(User.class, "SELECT … WHERE (created_at, id) < (?, ?) ORDER BY … LIMIT ?",
 *             after.get(0), after.get(1), page.fetch());
 * return Page.of(page, fetched, "users", user -> List.of(user.createdAt(), user.id()));
 * }</pre>
 *
 * @param limit how many items at most, 1 or more
 * @param cursor where the last page ended, as {@link Page#next} said, or null for the first
 */
public record PageRequest(int limit, @Nullable String cursor) {
  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,40}");
  private static final int INT_DIGITS = 9;

  /**
   * Checks the limit.
   *
   * @param limit how many items at most
   * @param cursor where the last page ended, or null
   * @throws IllegalArgumentException if the limit is less than 1 or too large to fetch one more
   */
  public PageRequest {
    if (limit < 1 || limit == Integer.MAX_VALUE) {
      throw new IllegalArgumentException("limit must be 1 or more: " + limit);
    }
  }

  /**
   * Reads what a client sent.
   *
   * @param limit the text of the limit, or null
   * @param cursor the text of the cursor, or null
   * @param limitDefault what no limit means
   * @param limitMax the cap; a larger limit becomes this one
   * @return the request
   * @throws WebException 400 if the limit is no integer of 1 or more
   */
  public static PageRequest of(
      @Nullable String limit, @Nullable String cursor, int limitDefault, int limitMax) {
    if (limitDefault < 1 || limitDefault > limitMax) {
      throw new IllegalArgumentException(
          "limitDefault must be 1 to limitMax: " + limitDefault + ", limitMax=" + limitMax);
    }
    int wanted = limit == null ? limitDefault : parse(limit);
    String after = cursor == null || cursor.isEmpty() ? null : cursor;
    return new PageRequest(Math.min(wanted, limitMax), after);
  }

  private static int parse(String limit) {
    String digits = DIGITS.matcher(limit).matches() ? limit.replaceFirst("^0+", "") : "";
    if (digits.isEmpty()) {
      throw WebException.badRequest("limit must be an integer of 1 or more");
    }
    return digits.length() > INT_DIGITS ? Integer.MAX_VALUE : Integer.parseInt(digits);
  }

  /**
   * How many rows to fetch: one more than the page has, which tells whether there is another page.
   *
   * @return the value for {@code LIMIT}
   */
  public int fetch() {
    return limit + 1;
  }

  /**
   * The key of the last item before this page.
   *
   * @param order the name of the order of the rows, the same as for {@link Page#of}; a cursor of
   *     another one is refused
   * @param types the types of the key's parts: {@code Long.class} or {@code String.class}
   * @return the parts, or an empty list for the first page
   * @throws WebException 400 if the cursor is none of that order
   */
  public List<Object> after(String order, Class<?>... types) {
    return cursor == null ? List.of() : Cursors.decode(order, cursor, types);
  }
}
