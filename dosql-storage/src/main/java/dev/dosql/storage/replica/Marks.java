package dev.dosql.storage.replica;

import dev.dosql.storage.BadObjectException;
import dev.dosql.storage.ObjectInfo;
import dev.dosql.storage.PutOptions;
import java.time.Instant;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is said of a segment or snapshot beside its bytes: the chain, and in which epoch it was put.
 * The epoch carries a hash over both, so that a damaged one is not believed.
 *
 * @param chain the hash over all segments up to and with this one
 * @param epoch the epoch of the owner that put it
 */
record Marks(String chain, long epoch) {

  static final String TIMESTAMP = "litestream-timestamp";
  static final String CHAIN = "dosql-chain";
  static final String EPOCH = "dosql-epoch";

  private static final Pattern SEALED = Pattern.compile("([1-9][0-9]{0,17})-([0-9a-f]{16})");

  private static String seal(String chain, long epoch) {
    return epoch + "-" + Hashes.sha256(chain + ':' + epoch, 16);
  }

  /** The options of the one put of such an object. */
  PutOptions options(long timestampMillis) {
    return PutOptions.ifAbsent()
        .withMetadata(TIMESTAMP, Instant.ofEpochMilli(timestampMillis).toString())
        .withMetadata(CHAIN, chain)
        .withMetadata(EPOCH, seal(chain, epoch));
  }

  /** Reads them, or says what is lost. */
  static Marks of(ObjectInfo info, String lost) throws BadObjectException {
    Map<String, String> metadata = info.metadata();
    String chain = metadata.getOrDefault(CHAIN, "");
    String sealed = metadata.getOrDefault(EPOCH, "");
    Matcher matcher = SEALED.matcher(sealed);
    if (matcher.matches()) {
      long epoch = Long.parseLong(matcher.group(1));
      if (sealed.equals(seal(chain, epoch))) {
        return new Marks(chain, epoch);
      }
    }
    throw new BadObjectException(
        info.key(),
        "metadata %s=%s %s=%s".formatted(CHAIN, shown(chain), EPOCH, shown(sealed)),
        "the chain, and the epoch with the hash of both",
        lost,
        null);
  }

  private static String shown(String value) {
    return value.length() > 40 ? value.substring(0, 40) + "…" : value;
  }
}
