package dev.dosql.bench.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** By hand, on JDBC: a file for each tenant, opened when it is first used and then kept open. */
final class JdbcTodos implements Todos {
  private static final Pattern NAME = Pattern.compile("[a-z0-9]{1,63}");

  private final Path folder;
  private final Map<String, JdbcTenant> tenants = new ConcurrentHashMap<>();

  JdbcTodos(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Optional<Todo> find(String tenant, long id) {
    if (!NAME.matcher(tenant).matches()) {
      return Optional.empty();
    }
    JdbcTenant open = tenants.get(tenant);
    if (open == null) {
      if (!Files.exists(file(tenant))) {
        return Optional.empty();
      }
      open = open(tenant);
    }
    try {
      return open.find(id);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Todo add(String tenant, String title) {
    if (!NAME.matcher(tenant).matches()) {
      throw new IllegalArgumentException("no name of a tenant");
    }
    JdbcTenant open = tenants.get(tenant);
    try {
      return (open == null ? open(tenant) : open).add(title);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private JdbcTenant open(String tenant) {
    return tenants.computeIfAbsent(tenant, name -> new JdbcTenant(file(name)));
  }

  private Path file(String tenant) {
    return folder.resolve(tenant + ".db");
  }

  @Override
  public void close() {
    tenants.values().forEach(JdbcTenant::close);
  }
}
