import org.jspecify.annotations.NullMarked;

/** Bytes: object stores. This module knows files and buckets, never a table or SQL. */
@NullMarked
@SuppressWarnings("module") // dev.dosql is compiled after this
module dev.dosql.storage {
  requires static transitive org.jspecify;

  exports dev.dosql.storage;
  exports dev.dosql.storage.capture to
      dev.dosql;
  exports dev.dosql.storage.internal to
      dev.dosql;
  exports dev.dosql.storage.ltx to
      dev.dosql;
  exports dev.dosql.storage.replica to
      dev.dosql;
}
