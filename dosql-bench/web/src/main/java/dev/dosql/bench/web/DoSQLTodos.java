package dev.dosql.bench.web;

import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import java.nio.file.Path;
import java.util.Optional;

/** With the library and its defaults, as in the quick start. */
final class DoSQLTodos implements Todos {
  private final DoSQL tenants;

  DoSQLTodos(Path folder) {
    this.tenants =
        DoSQL.open(DBOptions.builder().directory(folder).migrations("classpath:todos").build());
  }

  @Override
  public Optional<Todo> find(String tenant, long id) {
    return tenants
        .find(tenant)
        .flatMap(
            db -> db.queryOne(Todo.class, "SELECT id, title, done FROM todos WHERE id = ?", id));
  }

  @Override
  public Todo add(String tenant, String title) {
    return tenants
        .db(tenant)
        .queryOne(
            Todo.class, "INSERT INTO todos (title) VALUES (?) RETURNING id, title, done", title)
        .orElseThrow();
  }

  @Override
  public void close() {
    tenants.close();
  }
}
