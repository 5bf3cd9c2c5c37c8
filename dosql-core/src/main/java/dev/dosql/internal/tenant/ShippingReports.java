package dev.dosql.internal.tenant;

import dev.dosql.Bookmark;
import dev.dosql.ShippingReport;
import dev.dosql.ShippingReport.OfTenant;
import dev.dosql.StorageRequests;
import dev.dosql.storage.ship.Requests;
import dev.dosql.storage.ship.Shipper;
import dev.dosql.storage.ship.TenantShipping.Standing;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/** Shipping as operators see it. */
final class ShippingReports {
  private ShippingReports() {}

  static ShippingReport of(Shipper shipper, Instant now) {
    List<OfTenant> tenants = shipper.standings().stream().map(ShippingReports::ofTenant).toList();
    return new ShippingReport(
        shipper.since(),
        now,
        requests(shipper.total()),
        tenants.stream().map(OfTenant::lag).max(Comparator.naturalOrder()).orElse(Duration.ZERO),
        tenants.stream().mapToLong(OfTenant::lagBytes).sum(),
        tenants);
  }

  private static OfTenant ofTenant(Standing standing) {
    return new OfTenant(
        standing.tenant(),
        standing
            .shipped()
            .filter(position -> position.txid() > 0)
            .map(position -> new Bookmark(position.lineage(), position.txid())),
        standing.lag(),
        standing.lagBytes(),
        requests(standing.requests()),
        standing.lastError());
  }

  private static StorageRequests requests(Requests.Counted counted) {
    return new StorageRequests(
        counted.puts(),
        counted.gets(),
        counted.lists(),
        counted.deletes(),
        counted.bytesPut(),
        counted.bytesGot());
  }
}
