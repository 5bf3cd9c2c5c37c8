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
  // A remote call converts values and tells statements apart as a local one does.
  exports dev.dosql.internal.sql to
      dev.dosql.web;
  exports dev.dosql.internal.values to
      dev.dosql.web;
}
