package dev.dosql.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.testing.ObjectStoreContract;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The contract against a real service, and the probe of it: {@code mvn -pl dosql-storage -am test
 * -Preal-s3}, with these variables in the environment:
 *
 * <ul>
 *   <li>{@code DOSQL_S3_BUCKET}: a bucket that is there; needed
 *   <li>{@code DOSQL_S3_ENDPOINT}: the service's address; without it, AWS
 *   <li>{@code DOSQL_S3_REGION}: the region, if the default does not fit
 *   <li>{@code DOSQL_S3_ACCESS_KEY}, {@code DOSQL_S3_SECRET_KEY}, {@code DOSQL_S3_SESSION_TOKEN}:
 *       credentials; without them, those that the SDK finds
 *   <li>{@code DOSQL_S3_PATH_STYLE}, {@code DOSQL_S3_CHECKSUMS}, {@code DOSQL_S3_QUOTED_TAGS}: true
 *       or false, if the default does not fit
 * </ul>
 *
 * <p>It writes under {@code dosql-test/} and a name of its own, a few MB and some 10,000 requests,
 * and deletes what it wrote.
 */
@Tag("real-s3")
final class S3RealServerTest extends ObjectStoreContract {

  private static final String RUN = "dosql-test/" + UUID.randomUUID().toString().substring(0, 8);
  private static final AtomicInteger STORES = new AtomicInteger();

  private String prefix;

  @Override
  protected ObjectStore openStore() {
    prefix = RUN + "/" + STORES.incrementAndGet();
    return at(prefix);
  }

  @Override
  protected int keyBytesMax() {
    return ObjectStore.KEY_BYTES_MAX - prefix.length() - 1;
  }

  private static ObjectStore at(String prefix) {
    String bucket = variable("BUCKET");
    if (bucket == null) {
      throw new AssertionError("DOSQL_S3_BUCKET is not set, needed the name of a bucket");
    }
    S3ObjectStore.Builder builder = S3ObjectStore.builder(bucket).prefix(prefix);
    if (variable("ENDPOINT") != null) {
      builder.endpoint(URI.create(variable("ENDPOINT")));
    }
    if (variable("REGION") != null) {
      builder.region(variable("REGION"));
    }
    if (variable("SESSION_TOKEN") != null) {
      builder.credentials(
          variable("ACCESS_KEY"), variable("SECRET_KEY"), variable("SESSION_TOKEN"));
    } else if (variable("ACCESS_KEY") != null) {
      builder.credentials(variable("ACCESS_KEY"), variable("SECRET_KEY"));
    }
    if (variable("PATH_STYLE") != null) {
      builder.pathStyle(Boolean.parseBoolean(variable("PATH_STYLE")));
    }
    if (variable("CHECKSUMS") != null) {
      builder.checksums(Boolean.parseBoolean(variable("CHECKSUMS")));
    }
    if (variable("QUOTED_TAGS") != null) {
      builder.quotedTags(Boolean.parseBoolean(variable("QUOTED_TAGS")));
    }
    return builder.build();
  }

  private static String variable(String name) {
    return System.getenv("DOSQL_S3_" + name);
  }

  /** With a store of its own, because some tests close theirs. */
  @AfterEach
  void deleteAll() throws IOException {
    try (ObjectStore all = at(prefix)) {
      List<ListedObject> page = all.list("", "", ObjectStore.LIST_MAX);
      while (!page.isEmpty()) {
        for (ListedObject object : page) {
          all.delete(object.key());
        }
        page = all.list("", page.get(page.size() - 1).key(), ObjectStore.LIST_MAX);
      }
    }
  }

  @Test
  void probe_findsThatConditionsAreHonoured() throws IOException {
    StoreProbe probe = ObjectStores.probe(store);

    assertThat(probe.isFencing()).as(probe.toString()).isTrue();
    assertThat(store.list("", "", 10)).isEmpty();
  }
}
