package dev.dosql.examples.quickstart;

import dev.dosql.Queries;
import dev.dosql.Reads;
import java.util.List;

/** The SQL of the service. */
final class Todos {
  static final int PAGE = 100;

  private Todos() {}

  /** The newest todos whose id is less than one, {@value #PAGE} at most. */
  static List<Todo> newest(Reads db, long before) {
    return db.query(
        Todo.class,
        "SELECT id, title, done FROM todos WHERE id < ? ORDER BY id DESC LIMIT ?",
        before,
        PAGE);
  }

  /** Stores a todo and returns it with its id. */
  static Todo add(Queries db, String title) {
    return db.queryOne(
            Todo.class, "INSERT INTO todos (title) VALUES (?) RETURNING id, title, done", title)
        .orElseThrow();
  }
}
