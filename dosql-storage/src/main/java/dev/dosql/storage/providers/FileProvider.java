package dev.dosql.storage.providers;

import dev.dosql.storage.DirectoryObjectStore;
import dev.dosql.storage.ObjectStore;
import dev.dosql.storage.ObjectStoreProvider;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Set;

/** Opens {@code file:///directory} and {@code file:directory}. */
public final class FileProvider implements ObjectStoreProvider {

  /** For the service loader. */
  public FileProvider() {}

  @Override
  public String scheme() {
    return "file";
  }

  @Override
  public ObjectStore open(URI uri) throws IOException {
    new Parameters(uri, Set.of());
    if (uri.getRawAuthority() != null) {
      throw new IllegalArgumentException(
          "store not opened: a host after '//', needed file:///directory or file:directory");
    }
    return DirectoryObjectStore.open(
        uri.isOpaque() ? Path.of(uri.getSchemeSpecificPart()) : Path.of(uri));
  }
}
