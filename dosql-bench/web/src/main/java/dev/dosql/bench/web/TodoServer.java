package dev.dosql.bench.web;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.json.JavalinJackson3;
import java.nio.file.Path;
import java.util.Map;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/** The two routes on Javalin, the same with the library and without it. */
final class TodoServer {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final ObjectWriter WRITER = MAPPER.writerFor(Todo.class);
  private static final ObjectReader READER = MAPPER.readerFor(Todo.New.class);
  private static final String JSON = System.getProperty("json", "javalin");

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
    if (Boolean.getBoolean("virtual")) {
      config.concurrency.useVirtualThreads = true;
    } else if (Integer.getInteger("threads") != null) {
      config.jetty.threadPool =
          new QueuedThreadPool(Integer.getInteger("threads"), Integer.getInteger("threads"));
    }
    config.routes.get("/{tenant}/todos/{id}", this::find);
    config.routes.post("/{tenant}/todos", this::add);
  }

  private void find(Context ctx) {
    todos
        .find(ctx.pathParam("tenant"), Long.parseLong(ctx.pathParam("id")))
        .ifPresentOrElse(
            todo -> json(ctx, todo),
            () -> ctx.status(HttpStatus.NOT_FOUND).json(Map.of("error", "no such todo")));
  }

  private void add(Context ctx) {
    Todo.New posted =
        JSON.equals("javalin")
            ? ctx.bodyAsClass(Todo.New.class)
            : READER.readValue(ctx.bodyAsBytes());
    Todo added = todos.add(ctx.pathParam("tenant"), posted.title());
    ctx.status(HttpStatus.CREATED);
    json(ctx, added);
  }

  private static void json(Context ctx, Todo todo) {
    switch (JSON) {
      case "javalin" -> ctx.json(todo);
      case "hand" ->
          ctx.contentType("application/json")
              .result(
                  "{\"id\":"
                      + todo.id()
                      + ",\"title\":\""
                      + todo.title()
                      + "\",\"done\":"
                      + todo.done()
                      + "}");
      default -> ctx.contentType("application/json").result(WRITER.writeValueAsBytes(todo));
    }
  }
}
