import org.jspecify.annotations.NullMarked;

/** An embedded, multi-tenant SQL database: one SQLite file per tenant, in one process. */
@NullMarked
@SuppressWarnings("module") // dev.dosql.web is compiled after this
module dev.dosql {
  requires static transitive org.jspecify;
  requires com.zaxxer.hikari;
  requires dev.dosql.migrations;
  requires transitive dev.dosql.storage;
  requires transitive java.sql;
  requires jdk.jfr;
  requires org.slf4j;
  requires org.xerial.sqlitejdbc;

  exports dev.dosql;
  // A client of a remote database stores and reads values as a local call does, or they would
  // differ.
  exports dev.dosql.internal.remote to
      dev.dosql.web;
}
