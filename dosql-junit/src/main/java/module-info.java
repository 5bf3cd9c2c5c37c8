import org.jspecify.annotations.NullMarked;

/** A fresh tenant for each test of JUnit Jupiter. */
@NullMarked
module dev.dosql.junit {
  requires static transitive org.jspecify;
  requires transitive dev.dosql;
  requires transitive org.junit.jupiter.api;
  requires java.sql;

  exports dev.dosql.junit;
}
