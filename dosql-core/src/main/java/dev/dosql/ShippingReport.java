package dev.dosql;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How shipping stands, for operators: what is in the bucket, what is not yet, and what it costs.
 *
 * @param since when the directory was opened, from when on requests are counted
 * @param taken when this was taken
 * @param total requests of all tenants, also of those that are closed by now
 * @param lag how long the oldest commit waits that is not in the bucket; zero if none does
 * @param lagBytes how many bytes of segments wait on the disk for the bucket
 * @param tenants the tenants that are open, or have something that waits; in the order of names
 */
public record ShippingReport(
    Instant since,
    Instant taken,
    StorageRequests total,
    Duration lag,
    long lagBytes,
    List<OfTenant> tenants) {
  private static final double MONTH_SECONDS = 30.0 * 24 * 60 * 60;

  /**
   * Copies the list.
   *
   * @param since from when on requests are counted
   * @param taken when this was taken
   * @param total requests of all tenants
   * @param lag how long the oldest commit waits
   * @param lagBytes how many bytes wait
   * @param tenants the tenants
   */
  public ShippingReport {
    tenants = List.copyOf(tenants);
  }

  /**
   * What all requests cost in 30 days at S3's prices if they go on as they have so far.
   *
   * @return US dollars
   */
  public double monthlyCostOnS3() {
    return monthly(total.costOnS3());
  }

  /**
   * The same at R2's prices, before what is free each month.
   *
   * @return US dollars
   */
  public double monthlyCostOnR2() {
    return monthly(total.costOnR2());
  }

  private double monthly(double cost) {
    double seconds = Math.max(1, Duration.between(since, taken).toMillis() / 1000.0);
    return cost * MONTH_SECONDS / seconds;
  }

  /**
   * How one tenant stands.
   *
   * @param tenant its name
   * @param shipped what the bucket has confirmed, or empty if nothing yet
   * @param lag how long its oldest commit waits that is not in the bucket
   * @param lagBytes how many bytes of its segments wait on the disk
   * @param requests what was asked of the store for it since it was opened
   * @param lastError the last request that failed, or empty if none did since one succeeded
   */
  public record OfTenant(
      String tenant,
      Optional<Bookmark> shipped,
      Duration lag,
      long lagBytes,
      StorageRequests requests,
      Optional<String> lastError) {}
}
