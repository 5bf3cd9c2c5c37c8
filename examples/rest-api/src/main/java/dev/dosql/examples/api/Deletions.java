package dev.dosql.examples.api;

import dev.dosql.ConstraintViolationException;
import dev.dosql.Queries;
import dev.dosql.web.WebException;

/** Deleting what others may refer to. */
final class Deletions {
  private Deletions() {}

  // region deletions
  /**
   * Deletes a row. One that is referred to is a conflict, whether its foreign key says {@code
   * RESTRICT} or nothing; a DELETE can break no other rule.
   */
  static void delete(Queries tx, String sql, long id) {
    try {
      tx.run(sql, id);
    } catch (ConstraintViolationException e) {
      throw new WebException(409, "in_use", "others refer to it");
    }
  }
  // endregion
}
