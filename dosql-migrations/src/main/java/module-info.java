import org.jspecify.annotations.NullMarked;

/** Brings the schema of one database up to date from a folder of SQL files. */
@NullMarked
@SuppressWarnings("module") // dev.dosql is compiled after this
module dev.dosql.migrations {
  requires flyway.core;
  requires transitive java.sql;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.dosql.migrations;
  exports dev.dosql.migrations.lexer to
      dev.dosql;
}
