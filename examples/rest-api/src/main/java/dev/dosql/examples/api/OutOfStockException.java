package dev.dosql.examples.api;

/** There is not enough of a product for an order, or no such product; nothing was ordered. */
final class OutOfStockException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The product. */
  private final long product;

  OutOfStockException(long product) {
    super("not ordered: not enough in stock (product=" + product + ")");
    this.product = product;
  }

  long product() {
    return product;
  }
}
