import org.jspecify.annotations.NullMarked;

/** Bytes: object stores. This module knows files and buckets, never a table or SQL. */
@NullMarked
@SuppressWarnings("module") // dev.dosql is compiled after this
module dev.dosql.storage {
  requires static transitive org.jspecify;
  // For S3 alone: absent unless the application adds them.
  requires static software.amazon.awssdk.auth;
  requires static software.amazon.awssdk.awscore;
  requires static software.amazon.awssdk.core;
  requires static software.amazon.awssdk.http;
  requires static software.amazon.awssdk.http.apache5;
  requires static software.amazon.awssdk.regions;
  requires static software.amazon.awssdk.retries;
  requires static software.amazon.awssdk.services.s3;

  exports dev.dosql.storage;
  exports dev.dosql.storage.capture to
      dev.dosql;
  exports dev.dosql.storage.internal to
      dev.dosql;
  exports dev.dosql.storage.ltx to
      dev.dosql;
  exports dev.dosql.storage.replica to
      dev.dosql;

  uses dev.dosql.storage.ObjectStoreProvider;

  provides dev.dosql.storage.ObjectStoreProvider with
      dev.dosql.storage.providers.FileProvider,
      dev.dosql.storage.providers.MemoryProvider,
      dev.dosql.storage.providers.S3Provider;
}
