package dev.dosql.examples;

import dev.dosql.DB;
import dev.dosql.DBOptions;
import dev.dosql.DoSQL;
import dev.dosql.TenantInfo;
import dev.dosql.TenantNotFoundException;

/** Two tenants of one application: the same schema, a file each. */
public final class TwoTenants {
  private TwoTenants() {}

  /** Writes to one and reads both. */
  public static void main(String[] args) {
    // tag::two-tenants[]
    DBOptions options = DBOptions.builder().migrations("classpath:migrations").build();
    try (DoSQL dosql = DoSQL.open(options)) {
      DB acme = dosql.db("acme");
      DB globex = dosql.db("globex");

      acme.run("INSERT INTO users (email) VALUES (?) ON CONFLICT DO NOTHING", "ada@acme.example");

      System.out.println(acme.query(String.class, "SELECT email FROM users")); // [ada@acme.example]
      System.out.println(globex.query(String.class, "SELECT email FROM users")); // []
    }
    // end::two-tenants[]
    onlyKnown(options);
  }

  /**
   * The same directory, where only {@link DoSQL#create} makes a tenant: a typing error makes none.
   */
  private static void onlyKnown(DBOptions options) {
    DBOptions known = options.toBuilder().createIfMissing(false).build();
    try (DoSQL dosql = DoSQL.open(known)) {
      System.out.println(dosql.tenants().map(TenantInfo::name).sorted().toList());
      try {
        dosql.db("acne").query("SELECT email FROM users");
      } catch (TenantNotFoundException e) {
        System.out.println("no tenant " + e.tenant());
      }
    }
  }
}
