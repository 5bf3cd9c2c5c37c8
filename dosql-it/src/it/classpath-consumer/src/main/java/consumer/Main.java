package consumer;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.DoSQLException;
import dev.dosql.Durability;
import dev.dosql.UniqueViolationException;
import java.io.File;
import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Uses the library as a stranger would; ends with an exception if something is not as it says. */
public final class Main {
  private static final Set<String> DEPENDENCIES = Set.of(
          "HikariCP", "dosql-core", "dosql-migrations", "dosql-storage", "flyway-core", "jspecify", "slf4j-api",
          "sqlite-jdbc");

  /** Not public, in a package that nobody else may see. */
  record User(long id, String email) {}

  private static final String BUCKET = "file:" + Path.of("target", "bucket");

  private Main() {}

  public static void main(String[] args) {
    expect(DEPENDENCIES, dependencies());
    use("files", Path.of("migrations").toString());
    use("classpath", "classpath:sql-classpath");
    ship();
    expect(true, withoutSdk().contains("software.amazon.awssdk:s3 and software.amazon.awssdk:apache5-client"));
    System.out.println("consumer is content");
  }

  private static void use(String name, String migrations) {
    DBOptions options =
        DBOptions.builder()
            .directory(Path.of("target", "data", name))
            .migrations(migrations)
            .lookup(MethodHandles.lookup())
            .build();
    try (DoSQL dosql = DoSQL.open(options)) {
      DB acme = dosql.db("acme");
      DB globex = dosql.db("globex");
      acme.transaction(tx -> tx.run("INSERT INTO users (email) VALUES (?)", "ada@acme.example"));
      expect(List.of(new User(1, "ada@acme.example")), users(acme));
      expect(List.of(), users(globex));
      expect(List.of("email"), columnsOfADuplicate(acme));
    }
    try (DoSQL again = DoSQL.open(options)) {
      expect(1, users(again.db("acme")).size());
    }
  }

  /** Without the AWS SDK a directory is a bucket, from which a tenant comes back into another directory. */
  private static void ship() {
    try (DoSQL first = DoSQL.open(shipping("first", BUCKET))) {
      first.db("acme").run("INSERT INTO users (email) VALUES (?)", "ada@acme.example");
    }
    try (DoSQL second = DoSQL.open(shipping("second", BUCKET))) {
      expect(List.of(new User(1, "ada@acme.example")), users(second.db("acme")));
    }
  }

  private static String withoutSdk() {
    try (DoSQL none = DoSQL.open(shipping("none", "s3://bucket/prefix"))) {
      return "opened " + none;
    } catch (IllegalStateException | DoSQLException e) {
      return e.getMessage();
    }
  }

  private static DBOptions shipping(String directory, String bucket) {
    return DBOptions.builder()
        .directory(Path.of("target", "data", directory))
        .migrations("classpath:sql-classpath")
        .lookup(MethodHandles.lookup())
        .cold(bucket)
        .durability(Durability.BUCKET)
        .build();
  }

  private static List<User> users(DB db) {
    return db.query(User.class, "SELECT id, email FROM users");
  }

  private static List<String> columnsOfADuplicate(DB db) {
    try {
      db.run("INSERT INTO users (email) VALUES (?)", "ada@acme.example");
      return List.of();
    } catch (UniqueViolationException e) {
      return e.columns();
    }
  }

  /** The jars of the class path, without their versions. */
  private static Set<String> dependencies() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> Path.of(entry).getFileName().toString())
        .filter(file -> file.endsWith(".jar"))
        .map(file -> file.replaceFirst("-[0-9].*", ""))
        .collect(Collectors.toSet());
  }

  private static void expect(Object wanted, Object seen) {
    if (!Objects.equals(wanted, seen)) {
      throw new AssertionError("wanted " + wanted + ", saw " + seen);
    }
  }
}
