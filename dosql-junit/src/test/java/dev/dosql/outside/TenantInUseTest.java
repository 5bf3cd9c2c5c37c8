package dev.dosql.outside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.DB;
import dev.dosql.DoSQL;
import dev.dosql.RowStream;
import dev.dosql.TenantExistsException;
import dev.dosql.junit.DoSqlTest;
import org.junit.jupiter.api.Test;

/** What must leave a tenant alone that is in the middle of a call. */
@DoSqlTest
class TenantInUseTest {
  @Test
  void createAndResume_ofATenantInUse_leaveItOpen(DoSQL dosql) {
    DB db = dosql.create("acme");
    try (RowStream<Long> stream = db.stream(Long.class, "VALUES (1), (2), (3)")) {
      assertThat(stream.next()).isEqualTo(1);

      assertThatThrownBy(() -> dosql.create("acme")).isInstanceOf(TenantExistsException.class);
      dosql.resume("acme");

      assertThat(stream.next()).isEqualTo(2);
      db.useTransaction(
          tx -> {
            assertThatThrownBy(() -> dosql.create("acme"))
                .isInstanceOf(TenantExistsException.class);
            tx.run("CREATE TABLE t(x)");
          });
      assertThat(stream.next()).isEqualTo(3);
    }
  }
}
