package dev.dosql.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dosql.storage.testing.S3TestServer;
import dev.dosql.storage.testing.S3TestServer.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoreProbeTest {

  @TempDir Path directory;

  /** A store in memory whose puts are what a test makes of them. */
  private abstract static class Hostile implements ObjectStore {
    final ObjectStore real = MemoryObjectStore.create();

    @Override
    public Optional<StoredObject> get(String key) throws IOException {
      return real.get(key);
    }

    @Override
    public Optional<StoredObject> get(String key, long offset, int length) throws IOException {
      return real.get(key, offset, length);
    }

    @Override
    public Optional<OpenObject> open(String key) throws IOException {
      return real.open(key);
    }

    @Override
    public String put(String key, Path file, PutOptions options) throws IOException {
      return real.put(key, file, options);
    }

    @Override
    public List<ListedObject> list(String prefix, String startAfter, int max) throws IOException {
      return real.list(prefix, startAfter, max);
    }

    @Override
    public void delete(String key) throws IOException {
      real.delete(key);
    }

    @Override
    public void close() throws IOException {
      real.close();
    }

    @Override
    public String toString() {
      return "hostile:" + getClass().getSimpleName();
    }
  }

  private static final class IgnoresAll extends Hostile {
    @Override
    public String put(String key, byte[] bytes, PutOptions options) throws IOException {
      return real.put(key, bytes, PutOptions.unconditional());
    }
  }

  private static final class IgnoresIfAbsent extends Hostile {
    @Override
    public String put(String key, byte[] bytes, PutOptions options) throws IOException {
      return real.put(key, bytes, options.mustBeAbsent() ? PutOptions.unconditional() : options);
    }
  }

  private static final class IgnoresIfMatch extends Hostile {
    @Override
    public String put(String key, byte[] bytes, PutOptions options) throws IOException {
      boolean match = options.mustMatch() != null;
      return real.put(key, bytes, match ? PutOptions.unconditional() : options);
    }
  }

  /** Looks first and writes then: right for one caller at a time. */
  private static final class LooksBeforeItWrites extends Hostile {
    @Override
    public String put(String key, byte[] bytes, PutOptions options) throws IOException {
      Optional<StoredObject> seen = real.get(key);
      boolean absent = options.mustBeAbsent() && seen.isPresent();
      String etag = options.mustMatch();
      boolean other =
          etag != null && !seen.map(object -> object.info().etag().equals(etag)).orElse(false);
      if (absent || other) {
        throw new PreconditionFailedException(key, "hostile");
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
      return real.put(key, bytes, PutOptions.unconditional());
    }
  }

  /** Turns the winner away too, as a client does that sends again and meets itself. */
  private static final class DeniesItsOwnWrites extends Hostile {
    private boolean warm;

    @Override
    public String put(String key, byte[] bytes, PutOptions options) throws IOException {
      String etag = real.put(key, bytes, options);
      if (warm && key.contains("create")) {
        throw new PreconditionFailedException(key, "hostile");
      }
      warm = true;
      return etag;
    }
  }

  private static void assertKnows(ObjectStore store, boolean create, boolean replace)
      throws IOException {
    StoreProbe probe = ObjectStores.probe(store);
    assertThat(probe.conditionalCreate()).as(probe.toString()).isEqualTo(create);
    assertThat(probe.conditionalReplace()).as(probe.toString()).isEqualTo(replace);
    assertThat(probe.isFencing()).isEqualTo(create && replace);
    assertThat(store.list(Prober.PREFIX, "", 10)).isEmpty();
    if (create && replace) {
      assertThat(probe.requireFencing()).isSameAs(probe);
    } else {
      assertThatThrownBy(probe::requireFencing)
          .isInstanceOfSatisfying(
              ConditionsIgnoredException.class, e -> assertThat(e.probe()).isEqualTo(probe))
          .hasMessageContainingAll(store.toString(), probe.detail(), "conditionalCreate=" + create);
    }
    store.close();
  }

  @Test
  void probe_storesOfOurOwn_areFencing() throws IOException {
    assertKnows(MemoryObjectStore.create(), true, true);
    assertKnows(DirectoryObjectStore.open(directory), true, true);
  }

  @Test
  void probe_storesThatIgnoreConditions_areFoundOut() throws IOException {
    assertKnows(new IgnoresAll(), false, false);
    assertKnows(new IgnoresIfAbsent(), false, true);
    assertKnows(new IgnoresIfMatch(), true, false);
  }

  @Test
  void probe_storesThatLookBeforeTheyWrite_areFoundOutByRaces() throws IOException {
    assertKnows(new LooksBeforeItWrites(), false, false);
    assertKnows(new DeniesItsOwnWrites(), false, true);
  }

  @Test
  void probe_overTheWire_tellsWhatTheServiceDoes() throws IOException {
    try (S3TestServer server = S3TestServer.start()) {
      assertKnows(s3(server, true), true, true);
      server.setIgnoringConditions(true);
      assertKnows(s3(server, true), false, false);
      server.setIgnoringConditions(false);
      server.setRefusingQuotedTags(true);
      try (ObjectStore quoted = s3(server, true)) {
        assertThat(ObjectStores.probe(quoted).detail()).contains("quotedTags=false");
      }
      assertKnows(s3(server, false), true, true);
    }
  }

  @Test
  void probe_storeThatFails_isAFailureThatNamesIt() throws IOException {
    try (S3TestServer server = S3TestServer.start();
        ObjectStore store = s3(server, true)) {
      server.inject(Fault.answer(500, "InternalError"), 1, S3TestServer.Kind.PUT);
      assertThatThrownBy(() -> ObjectStores.probe(store))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(ConditionsIgnoredException.class)
          .hasMessageContainingAll("probe failed", "status=500", "store=s3://bucket");
      assertThat(server.keys(S3TestServer.BUCKET)).isEmpty();
    }
  }

  private static ObjectStore s3(S3TestServer server, boolean quotedTags) {
    return S3ObjectStore.builder(S3TestServer.BUCKET)
        .endpoint(server.endpoint())
        .credentials(S3TestServer.ACCESS_KEY, S3TestServer.SECRET_KEY)
        .quotedTags(quotedTags)
        .build();
  }
}
