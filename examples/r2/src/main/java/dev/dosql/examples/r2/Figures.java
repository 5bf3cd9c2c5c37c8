package dev.dosql.examples.r2;

import dev.dosql.Bookmark;
import dev.dosql.ShippingReport;
import dev.dosql.StorageRequests;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Stream;

/** The report of shipping as lines: one for each tenant that is open, and one for all. */
final class Figures {
  private Figures() {}

  static Stream<String> of(ShippingReport report) {
    return Stream.concat(
        report.tenants().stream().map(Figures::tenant), Stream.of(total(report, report.total())));
  }

  private static String tenant(ShippingReport.OfTenant of) {
    return String.format(
        Locale.ROOT,
        "%s: shipped up to %s, %d ms and %d bytes behind%s",
        of.tenant(),
        of.shipped().map(Bookmark::toString).orElse("nothing"),
        of.lag().toMillis(),
        of.lagBytes(),
        of.lastError().map(error -> ", last error " + error).orElse(""));
  }

  private static String total(ShippingReport report, StorageRequests total) {
    return String.format(
        Locale.ROOT,
        "all, in %d s: %d puts, %d gets, %d lists, %d bytes up, %d down; requests like these all month"
            + " cost $%.2f on S3 and $%.2f on R2",
        Duration.between(report.since(), report.taken()).toSeconds(),
        total.puts(),
        total.gets(),
        total.lists(),
        total.bytesPut(),
        total.bytesGot(),
        report.monthlyCostOnS3(),
        report.monthlyCostOnR2());
  }
}
