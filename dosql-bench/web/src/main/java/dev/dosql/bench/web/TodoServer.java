package dev.dosql.bench.web;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.json.JavalinJackson3;
import java.nio.file.Path;
import java.util.Map;

/** The two routes on Javalin, the same with the library and without it. */
final class TodoServer {
  private final Todos todos;

  private TodoServer(Todos todos) {
    this.todos = todos;
  }

  /**
   * Serves until the process is ended.
   *
   * @param args {@code dosql} or {@code jdbc}, the port, and the folder of the tenants' files
   */
  public static void main(String... args) {
    Path folder = Path.of(args[2]);
    Todos todos = args[0].equals("dosql") ? new DoSQLTodos(folder) : new JdbcTodos(folder);
    TodoServer server = new TodoServer(todos);
    Javalin.create(server::configure).start("127.0.0.1", Integer.parseInt(args[1]));
  }

  private void configure(JavalinConfig config) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.jsonMapper(new JavalinJackson3());
    config.routes.get("/{tenant}/todos/{id}", this::find);
    config.routes.post("/{tenant}/todos", this::add);
  }

  private void find(Context ctx) {
    todos
        .find(ctx.pathParam("tenant"), Long.parseLong(ctx.pathParam("id")))
        .ifPresentOrElse(
            ctx::json,
            () -> ctx.status(HttpStatus.NOT_FOUND).json(Map.of("error", "no such todo")));
  }

  private void add(Context ctx) {
    String title = ctx.bodyAsClass(Todo.New.class).title();
    ctx.status(HttpStatus.CREATED).json(todos.add(ctx.pathParam("tenant"), title));
  }
}
