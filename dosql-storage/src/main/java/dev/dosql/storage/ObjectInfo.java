package dev.dosql.storage;

import java.time.Instant;
import java.util.Map;

/**
 * What a store knows of one version of an object, besides its bytes.
 *
 * @param key the object's key
 * @param size the length of the whole object in bytes
 * @param etag the version tag, to be named in {@link PutOptions#ifMatch}
 * @param metadata what was put with the object, unmodifiable
 * @param lastModified when this version was put, by the store's clock
 */
public record ObjectInfo(
    String key, long size, String etag, Map<String, String> metadata, Instant lastModified) {

  /**
   * Copies the metadata.
   *
   * @param key the object's key
   * @param size the length of the whole object in bytes
   * @param etag the version tag
   * @param metadata what was put with the object
   * @param lastModified when this version was put
   */
  public ObjectInfo {
    metadata = Map.copyOf(metadata);
  }
}
