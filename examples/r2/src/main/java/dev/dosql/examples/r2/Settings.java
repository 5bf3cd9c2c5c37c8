package dev.dosql.examples.r2;

import dev.dosql.DBOptions;
import dev.dosql.Durability;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the environment says of the service.
 *
 * <ul>
 *   <li>{@code DOSQL_BUCKET}: where the tenants are shipped to, {@code
 *       s3://bucket/prefix?endpoint=…&region=…} with the credentials where the AWS SDK looks for
 *       them ({@code AWS_ACCESS_KEY_ID} and {@code AWS_SECRET_ACCESS_KEY}); without it a directory,
 *       {@code .do/bucket}
 *   <li>{@code DOSQL_DURABILITY}: {@code BUCKET}, which is the default here, {@code LOCAL} or
 *       {@code PROCESS}
 * </ul>
 *
 * @param home where the local files are
 * @param bucket the URI of the bucket
 * @param durability what a todo has survived when its POST is answered
 */
record Settings(Path home, String bucket, Durability durability) {

  static Settings of(Map<String, String> environment, Path home) {
    String directory = "file:" + home.resolve(".do/bucket");
    return new Settings(
        home,
        environment.getOrDefault("DOSQL_BUCKET", directory),
        Durability.valueOf(environment.getOrDefault("DOSQL_DURABILITY", "BUCKET")));
  }

  // tag::bucket[]
  DBOptions options() {
    return DBOptions.builder()
        .directory(home.resolve(".do/data")) // may be lost
        .migrations("classpath:migrations")
        .cold(bucket) // file:… or s3://bucket/prefix?endpoint=…&region=auto
        .durability(durability) // with BUCKET an answer says that the bucket has it
        .build();
  }

  // end::bucket[]

  /** What is worth saying at the start; no parameters of the bucket, in case one is secret. */
  @Override
  public String toString() {
    return "bucket " + bucket.replaceFirst("\\?.*", "") + ", durability " + durability;
  }
}
