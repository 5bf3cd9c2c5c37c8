package dev.dosql.examples.api;

import dev.dosql.ConstraintViolationException;
import dev.dosql.DB;
import dev.dosql.Transaction;
import dev.dosql.web.Problem;
import dev.dosql.web.WebException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Many users in one transaction, in which each is a savepoint: one that is refused takes no other
 * with it.
 */
final class BulkUsers {
  static final int MAX = 500;

  private BulkUsers() {}

  /**
   * What came of it.
   *
   * @param success how many were stored
   * @param failed how many were not
   * @param insertedIds the ids of those that were, in the order of the request
   * @param errors why the others were not
   */
  record Outcome(int success, int failed, List<Long> insertedIds, List<Failure> errors) {}

  /** Why one was not stored; {@code index} is its place in the request, from 0 on. */
  record Failure(int index, String code, String error, Map<String, Object> details) {
    static Failure of(int index, Problem problem) {
      return new Failure(index, problem.code(), problem.error(), problem.details());
    }
  }

  // region bulk
  /** Stores those that are valid and whose email is free. */
  static Outcome add(DB db, List<NewUser> users, Consumer<NewUser> check) {
    List<Long> ids = new ArrayList<>();
    List<Failure> failures = new ArrayList<>();
    db.useTransaction(
        tx -> {
          for (int i = 0; i < users.size(); i++) {
            try {
              check.accept(users.get(i));
              ids.add(addOne(tx, users.get(i)));
            } catch (WebException | ConstraintViolationException e) {
              failures.add(Failure.of(i, Problem.of(e)));
            }
          }
        });
    return new Outcome(ids.size(), failures.size(), ids, failures);
  }

  /** In a savepoint, which is undone alone if this fails. */
  private static long addOne(Transaction tx, NewUser user) {
    return tx.transaction(savepoint -> Users.add(savepoint, user).id());
  }
  // endregion
}
