package dev.dosql.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ObjectStoresTest {

  @TempDir Path directory;

  @Test
  void open_fileUri_isTheStoreInThatDirectory() throws IOException {
    Path root = directory.resolve("a b/store");
    try (ObjectStore store = ObjectStores.open(root.toUri().toString())) {
      assertThat(store).isInstanceOf(DirectoryObjectStore.class);
      store.put("k.ltx", new byte[1], PutOptions.ifAbsent());
      assertThat(root.resolve("k.ltx")).isRegularFile();
      try (ObjectStore same = ObjectStores.open(store.toString())) {
        assertThat(same.get("k.ltx")).isPresent();
      }
    }
  }

  @Test
  void open_relativeFileUri_isBelowTheWorkingDirectory() throws IOException {
    try (ObjectStore store = ObjectStores.open("file:target/relative-store")) {
      store.put("k.ltx", new byte[1], PutOptions.unconditional());
      assertThat(Path.of("target/relative-store/k.ltx")).isRegularFile();
    }
  }

  @Test
  void open_memoryUri_isTheStoreOfThatName() throws IOException {
    try (ObjectStore store = ObjectStores.open("memory:uris");
        ObjectStore same = ObjectStores.open("MEMORY:uris")) {
      store.put("k", new byte[1], PutOptions.ifAbsent());
      assertThat(same.get("k")).isPresent();
    } finally {
      MemoryObjectStore.forget("uris");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3://bucket",
        "s3://bucket/some/prefix",
        "s3://my_bucket.x/p?endpoint=http://127.0.0.1:9000&region=eu-central-1",
        "s3://b1/a%20b?endpoint=https://host&region=auto",
      })
  void open_s3Uri_isAStoreThatShowsTheSameUri(String uri) throws IOException {
    try (ObjectStore store = ObjectStores.open(uri)) {
      assertThat(store).isInstanceOf(S3ObjectStore.class).hasToString(uri);
    }
  }

  @Test
  void open_s3UriWithEverything_isTaken() throws IOException {
    String uri = "s3://bucket/p/?endpoint=http%3A%2F%2Fhost:1&pathStyle=false&checksums=true";
    try (ObjectStore store = ObjectStores.open(uri + "&quotedTags=false")) {
      assertThat(store)
          .hasToString(
              "s3://bucket/p?endpoint=http://host:1&region=us-east-1"
                  + "&pathStyle=false&checksums=true&quotedTags=false");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gs://bucket", "bucket", "/directory", "C:/directory"})
  void open_unknownScheme_isRefusedAndTheKnownAreListed(String uri) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ObjectStores.open(uri))
        .withMessageContaining("needed one of [file, memory, s3]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3://id:s3cr3t@bucket/p",
        "s3://id@bucket/p?x=s3cr3t",
        "s3://bucket?secretKey=s3cr3t",
        "s3://bucket?s3cr3t",
        "s3://bucket?s3cr3t=1",
        "s3://bucket?endpoint=http://id:s3cr3t@host",
        "s3://bucket?endpoint=s3cr3t",
        "s3://bucket?endpoint=a%20s3cr3t",
        "s3://bucket?region=s3cr3t&region=b",
        "s3://bucket?region=s3cr3t+x",
        "s3://bucket?pathStyle=s3cr3t",
        "s3://bucket#s3cr3t",
        "s3://bucket/a b?s3cr3t",
        "s3:///s3cr3t",
        "s3:s3cr3t",
        "file:///tmp/x?secret=s3cr3t",
        "file://s3cr3t/x",
        "file:///tmp/x#s3cr3t",
        "memory:a?s3cr3t",
        "memory:a#s3cr3t",
        "memory:///a b"
      })
  void open_badUri_isRefusedAndRepeatsNoValue(String uri) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ObjectStores.open(uri))
        .withMessageContaining("needed")
        .withMessageNotContaining("s3cr3t")
        .withNoCause();
  }

  @Test
  void open_unknownParameter_isNamedAndTheKnownAreListed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ObjectStores.open("s3://bucket?accessKey=x"))
        .withMessageContainingAll(
            "parameter=accessKey", "[checksums, endpoint, pathStyle, quotedTags, region]");
  }

  // Providers of others.

  /** A provider as another library would bring it. */
  public static final class Other implements ObjectStoreProvider {
    @Override
    public String scheme() {
      return "other";
    }

    @Override
    public ObjectStore open(URI uri) {
      return MemoryObjectStore.create();
    }
  }

  /** A provider of a scheme that is ours. */
  public static final class Twin implements ObjectStoreProvider {
    @Override
    public String scheme() {
      return "memory";
    }

    @Override
    public ObjectStore open(URI uri) {
      return MemoryObjectStore.create();
    }
  }

  /** Loads one class as if it came in a jar of its own that declares it as a provider. */
  private final class Plugin extends ClassLoader {
    private final Class<?> provider;
    private final Path declaration;

    Plugin(Class<?> provider) throws IOException {
      super(ObjectStores.class.getClassLoader());
      this.provider = provider;
      declaration = Files.writeString(directory.resolve("services"), provider.getName());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.equals(provider.getName())) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : define(name);
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      String file = name.substring(name.lastIndexOf('.') + 1) + ".class";
      try (InputStream in = provider.getResourceAsStream(file)) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      return name.equals("META-INF/services/" + ObjectStoreProvider.class.getName())
          ? Collections.enumeration(Collections.singleton(declaration.toUri().toURL()))
          : super.getResources(name);
    }
  }

  private interface Use {
    void run() throws IOException;
  }

  private void with(Class<?> provider, Use use) throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(new Plugin(provider));
    try {
      use.run();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Test
  void open_schemeOfAnotherProvider_isFound() throws IOException {
    with(
        Other.class,
        () -> {
          try (ObjectStore store = ObjectStores.open("other:anything")) {
            store.put("k", "1".getBytes(UTF_8), PutOptions.ifAbsent());
            assertThat(store.get("k")).isPresent();
          }
          assertThatIllegalArgumentException()
              .isThrownBy(() -> ObjectStores.open("none:x"))
              .withMessageContaining("[file, memory, other, s3]");
        });
  }

  @Test
  void open_twoProvidersOfOneScheme_areRefused() throws IOException {
    with(
        Twin.class,
        () ->
            assertThatIllegalStateException()
                .isThrownBy(() -> ObjectStores.open("memory:x"))
                .withMessageContainingAll("MemoryProvider", "Twin", "scheme=memory"));
  }
}
