package dev.dosql.web;

import dev.dosql.web.internal.Cursors;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A page of a list.
 *
 * @param <T> what the items are
 * @param items the items
 * @param next what to send as {@code cursor} for the page after this, or null after the last; a
 *     text without a meaning to clients, whose form may change
 * @param limit how many items there are at most, after the cap
 */
public record Page<T>(List<T> items, @Nullable String next, int limit) {
  /**
   * Copies the items.
   *
   * @param items the items
   * @param next the cursor of the page after this, or null
   * @param limit how many items there are at most
   */
  public Page {
    items = List.copyOf(items);
  }

  /**
   * Makes a page of what was fetched.
   *
   * @param <T> what the items are
   * @param request what was asked for
   * @param fetched up to {@link PageRequest#fetch} items in the order of their keys
   * @param order the name of that order
   * @param key the key of an item: {@code Long}, {@code Integer} or {@code String}s, which together
   *     are unique
   * @return the page
   */
  public static <T> Page<T> of(
      PageRequest request,
      List<? extends T> fetched,
      String order,
      Function<? super T, ? extends List<?>> key) {
    int limit = request.limit();
    if (fetched.size() <= limit) {
      return new Page<>(List.copyOf(fetched), null, limit);
    }
    T last = fetched.get(limit - 1);
    String next = Cursors.encode(order, key.apply(last));
    return new Page<>(List.copyOf(fetched.subList(0, limit)), next, limit);
  }
}
