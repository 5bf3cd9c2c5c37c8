package dev.dosql.examples.api;

import dev.dosql.web.PageRequest;
import java.util.List;

/** Where a page in the order of ids begins. */
final class Keys {
  private Keys() {}

  /** The id that those of a page are less than; every id is less than that of the first page. */
  static long before(PageRequest page, String order) {
    return first(page, order, Long.MAX_VALUE);
  }

  /** The id that those of a page are greater than. */
  static long after(PageRequest page, String order) {
    return first(page, order, 0);
  }

  private static long first(PageRequest page, String order, long otherwise) {
    List<Object> key = page.after(order, Long.class);
    return key.isEmpty() ? otherwise : (Long) key.get(0);
  }
}
