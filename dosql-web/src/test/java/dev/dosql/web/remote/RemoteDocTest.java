package dev.dosql.web.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import io.javalin.Javalin;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** That the code of {@code docs/remote.md} is the code of this class, and does what it says. */
class RemoteDocTest {
  private static final Path SOURCE =
      Path.of("src/test/java/dev/dosql/web/remote/RemoteDocTest.java");
  private static final Pattern REGION = Pattern.compile("(?s)\n *// doc\n(.*?)\n *// end\n");
  private static final Pattern BLOCK = Pattern.compile("(?s)```java\n(.*?)\n```");

  /** Of the example. Public, so that rows can become it. */
  public record Invoice(long id, long cents) {}

  private final List<Invoice> ledger = new ArrayList<>();

  @Test
  void example_booksAndPays() {
    try (DoSQL tenants = DoSQL.memory(DBOptions.builder().build())) {
      tenants
          .create("acme")
          .exec(
              "CREATE TABLE invoices (id INTEGER PRIMARY KEY, cents INTEGER, paid INTEGER DEFAULT"
                  + " 0); INSERT INTO invoices (id, cents) VALUES (7, 1250)");
      String secret = Endpoint.SECRET;
      // doc
      RemoteServer server =
          RemoteServer.builder(tenants)
              .service("billing", secret, "acme", "globex") // or serviceOfAllTenants
              .allow("SELECT id, cents FROM invoices WHERE id = ?")
              .allow("invoices.pay", "UPDATE invoices SET paid = 1 WHERE id = :id")
              .build();
      Javalin web =
          Javalin.create(config -> RemoteRoutes.addTo(config, "/dosql", server))
              .start("127.0.0.1", 0);
      // end
      try (server) {
        pay(URI.create("http://127.0.0.1:" + web.port() + "/dosql"), secret);
      } finally {
        web.stop();
      }
      assertThat(tenants.db("acme").query(Long.class, "SELECT paid FROM invoices"))
          .containsExactly(1L);
      assertThat(ledger).containsExactly(new Invoice(7, 1250));
    }
  }

  private void pay(URI base, String secret) {
    // doc
    try (RemoteDB db = RemoteDB.builder(base, "acme", secret).build()) {
      db.useTransaction(
          tx -> {
            Invoice invoice =
                tx.queryOne(Invoice.class, "SELECT id, cents FROM invoices WHERE id = ?", 7)
                    .orElseThrow();
            ledger.add(invoice); // what is thrown here, or anywhere, rolls back
            tx.run("invoices.pay", Map.of("id", invoice.id()));
          });
    }
    // end
  }

  @Test
  void javaOfTheDocument_isThatOfThisClass() throws IOException {
    List<String> regions = new ArrayList<>();
    Matcher region = REGION.matcher(Files.readString(SOURCE));
    for (int at = 0; region.find(at); at = region.end() - 1) {
      regions.add(region.group(1).stripIndent());
    }
    List<String> blocks = new ArrayList<>();
    Matcher block = BLOCK.matcher(Files.readString(Path.of("../docs/remote.md")));
    while (block.find()) {
      blocks.add(block.group(1));
    }
    assertThat(regions).hasSize(2);
    assertThat(blocks).isEqualTo(regions);
  }
}
