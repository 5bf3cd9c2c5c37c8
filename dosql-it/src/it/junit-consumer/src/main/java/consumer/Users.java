package consumer;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import dev.dosql.junit.DoSqlTest;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Three tests that succeed, and one that fails and so leaves its database. */
@DoSqlTest(migrations = "classpath:sql-classpath")
class Users {
  private static final String INSERT = "INSERT INTO users (email) VALUES ('ada@acme.example')";

  @RepeatedTest(2)
  void tenant_isFresh(DB db) {
    Assertions.assertEquals(1, db.run(INSERT).lastInsertRowid());
  }

  @Test
  void instance_isFresh(DoSQL dosql) {
    Assertions.assertEquals(1, dosql.create("acme").run(INSERT).lastInsertRowid());
  }

  @Test
  void fails(DB db) {
    db.run(INSERT);
    Assertions.fail("as it must");
  }
}
