package dev.dosql.examples.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dosql.CheckViolationException;
import dev.dosql.DB;
import dev.dosql.junit.DoSqlTest;
import dev.dosql.web.WebException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Defect 57, without a server. */
@DoSqlTest(migrations = "classpath:migrations")
class OrdersTest {
  private long ada;
  private long lamp;
  private long desk;

  @BeforeEach
  void stock(DB db) {
    ada = Users.add(db, new NewUser("Ada", "ada@acme.example", null)).id();
    lamp = Products.add(db, new NewProduct("lamp", "Lamp", 1999L, 5L)).id();
    desk = Products.add(db, new NewProduct("desk", "Desk", 25_000L, 1L)).id();
  }

  @Test
  void place_takesThePriceOfNow_andTheStock(DB db) {
    Receipt receipt = place(db, item(lamp, 2), item(desk, 1), item(lamp, 1));

    assertThat(receipt.totalCents()).isEqualTo(3 * 1999 + 25_000);
    assertThat(stock(db, lamp)).isEqualTo(2);
    Order order = Orders.find(db, ada, receipt.orderId()).orElseThrow();
    assertThat(order.items())
        .containsExactly(new Order.Item(lamp, 3, 1999), new Order.Item(desk, 1, 25_000));
    assertThat(order.status()).isEqualTo(Order.Status.pending);
    assertThat(Orders.page(db, ada, Long.MAX_VALUE, 10)).containsExactly(order);
    assertThat(Orders.find(db, ada + 1, receipt.orderId())).isEmpty();
  }

  @Test
  void place_ofMoreThanThereIs_leavesNothing(DB db) {
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> place(db, item(lamp, 2), item(desk, 2)))
        .withMessageContaining("product=" + desk);

    assertThat(stock(db, lamp)).isEqualTo(5);
    assertThat(Orders.page(db, ada, Long.MAX_VALUE, 10)).isEmpty();
    assertThatExceptionOfType(WebException.class).isThrownBy(() -> place(db, item(99, 1)));
  }

  @Test
  void place_ofANegativeQuantity_isRefusedByTheSchemaToo(DB db) {
    assertThatExceptionOfType(CheckViolationException.class)
        .isThrownBy(() -> place(db, item(lamp, -5)))
        .satisfies(e -> assertThat(e.constraint()).hasValue("quantity_range"));
    assertThat(stock(db, lamp)).isEqualTo(5);
  }

  /** The version is that of what an admin sets. */
  @Test
  void stock_movesWithoutTheVersion(DB db) {
    long order = place(db, item(lamp, 3)).orderId();
    Products.deliver(db, lamp, 4);
    Orders.cancel(db, ada, order);
    place(db, item(lamp, 1));

    ProductChanges cheaper = new ProductChanges("Lamp", 999L);
    Product changed = Products.change(db, lamp, cheaper, 1);
    assertThat(changed.version()).isEqualTo(2);
    assertThat(changed.stock()).isEqualTo(8);
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> Products.change(db, lamp, cheaper, 1));
  }

  @Test
  void cancel_twice_putsTheItemsBackOnce(DB db) {
    long order = place(db, item(lamp, 3)).orderId();

    assertThat(Orders.cancel(db, ada, order).status()).isEqualTo(Order.Status.cancelled);
    Orders.cancel(db, ada, order);

    assertThat(stock(db, lamp)).isEqualTo(5);
    assertThatExceptionOfType(WebException.class)
        .isThrownBy(() -> Orders.cancel(db, ada + 1, order));
  }

  @Test
  void place_by8ThreadsAtOnce_sellsExactlyTheStock(DB db) throws Exception {
    AtomicInteger sold = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    CountDownLatch start = new CountDownLatch(1);
    try {
      List<Future<?>> calls =
          IntStream.range(0, 8)
              .<Future<?>>mapToObj(i -> threads.submit(() -> buyTwoLamps(db, start, sold)))
              .toList();
      start.countDown();
      for (Future<?> call : calls) {
        call.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(sold).hasValue(5);
    assertThat(stock(db, lamp)).isZero();
    assertThat(db.queryOne(Long.class, "SELECT sum(quantity) FROM order_items")).contains(5L);
  }

  private Void buyTwoLamps(DB db, CountDownLatch start, AtomicInteger sold) throws Exception {
    start.await();
    for (int i = 0; i < 2; i++) {
      try {
        place(db, item(lamp, 1));
        sold.incrementAndGet();
      } catch (WebException e) {
        // As it must be for all but five.
      }
    }
    return null;
  }

  private Receipt place(DB db, NewOrder.Item... items) {
    return db.transaction(tx -> Orders.place(tx, ada, new NewOrder(List.of(items))));
  }

  private static NewOrder.Item item(long product, long quantity) {
    return new NewOrder.Item(product, quantity);
  }

  private static long stock(DB db, long product) {
    return Products.find(db, product).orElseThrow().stock();
  }
}
