package dev.dosql.examples.api;

import static dev.dosql.examples.api.TestApi.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DoSQL;
import dev.dosql.examples.api.Http.Answer;
import dev.dosql.junit.DoSqlTest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Orders that are sent more than once, one after the other and at the same time. Defect 57. */
@DoSqlTest(migrations = "classpath:migrations")
class OnceOverHttpTest {
  @TempDir Path home;
  private TestApi api;
  private Http admin;
  private Http ada;
  private long lamp;

  @BeforeEach
  void start(DoSQL tenants) {
    api = TestApi.start(tenants, home, Map.of());
    admin = TestApi.admin(api.acme());
    ada = TestApi.user(api.acme(), "ada");
    lamp = TestApi.product(admin, "lamp", 1999, 10);
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void order_sentAgain_isTheSameOrder_andAnotherUndertTheKeyIsRefused() {
    Http keyed = ada.with("Idempotency-Key", "one");

    Answer first = keyed.post("/api/v1/orders", TestApi.order(lamp, 2));
    Answer again = keyed.post("/api/v1/orders", TestApi.order(lamp, 2));

    assertThat(first.status()).isEqualTo(201);
    assertThat(first.body()).isEqualTo("{\"orderId\":1,\"totalCents\":3998}");
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(first.header("Idempotency-Replayed")).isEmpty();
    assertThat(again.header("Idempotency-Replayed")).isEqualTo("true");
    assertError(keyed.post("/api/v1/orders", TestApi.order(lamp, 3)), 422);
    assertError(ada.post("/api/v1/orders", TestApi.order(lamp, 3)), 400);
    assertThat(stock()).isEqualTo(8);
  }

  @Test
  void key_ofSomebodyElse_isAnotherKey() {
    Http eve = TestApi.user(api.acme(), "eve");
    ada.with("Idempotency-Key", "one").post("/api/v1/orders", TestApi.order(lamp, 1));

    Answer hers = eve.with("Idempotency-Key", "one").post("/api/v1/orders", TestApi.order(lamp, 1));

    assertThat(hers.at("/orderId").longValue()).isEqualTo(2);
    assertError(eve.get("/api/v1/orders/1"), 404);
    assertError(eve.post("/api/v1/orders/1/cancel", ""), 404);
    assertThat(eve.get("/api/v1/orders").at("/items")).hasSize(1);
    assertThat(stock()).isEqualTo(8);
  }

  @Test
  void order_ofMoreThanThereIs_isAConflict_andItsKeyIsFree() {
    Http keyed = ada.with("Idempotency-Key", "big");

    Answer refused = keyed.post("/api/v1/orders", TestApi.order(lamp, 11));
    assertError(refused, 409);
    assertThat(refused.at("/code").stringValue()).isEqualTo("out_of_stock");
    admin.post("/api/v1/products/" + lamp + "/deliveries", "{\"quantity\":1}");
    assertThat(keyed.post("/api/v1/orders", TestApi.order(lamp, 11)).status()).isEqualTo(201);
    assertThat(stock()).isZero();
  }

  @Test
  void price_inTheRequest_isNotTaken_andCancellingGivesTheStockBack() {
    Answer order =
        ada.with("Idempotency-Key", "cheap")
            .post(
                "/api/v1/orders",
                "{\"items\":[{\"productId\":%d,\"quantity\":1,\"price\":1,\"priceCents\":1}],\"total\":1}"
                    .formatted(lamp));

    assertThat(order.at("/totalCents").longValue()).isEqualTo(1999);
    String path = "/api/v1/orders/" + order.at("/orderId");
    assertThat(ada.get(path).at("/items/0/priceCents").longValue()).isEqualTo(1999);
    assertThat(ada.post(path + "/cancel", "").at("/status").stringValue()).isEqualTo("cancelled");
    assertThat(ada.post(path + "/cancel", "").status()).isEqualTo(200);
    assertThat(stock()).isEqualTo(10);
  }

  @Test
  void orders_sentTwiceEachBy8ClientsAtOnce_takeTheStockOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<Answer>> answers = new ArrayList<>();
    try {
      for (int i = 0; i < 40; i++) {
        Http keyed = ada.with("Idempotency-Key", "order-" + i / 2);
        answers.add(threads.submit(() -> keyed.post("/api/v1/orders", TestApi.order(lamp, 1))));
      }
      long sold = 0;
      for (int i = 0; i < 40; i += 2) {
        Answer first = answers.get(i).get();
        Answer second = answers.get(i + 1).get();
        if (first.status() == 201 && second.status() == 201) {
          assertThat(second.body()).isEqualTo(first.body());
        } else {
          assertThat(List.of(first.status(), second.status())).containsOnly(409);
        }
        sold += first.status() == 201 ? 1 : 0;
      }
      assertThat(sold).isEqualTo(10);
    } finally {
      threads.shutdownNow();
    }
    assertThat(stock()).isZero();
    assertThat(ada.get("/api/v1/orders").at("/items")).hasSize(10);
  }

  private long stock() {
    return ada.get("/api/v1/products/" + lamp).at("/stock").longValue();
  }
}
