package dev.dosql.storage;

import java.util.List;

/** Tells whether the AWS SDK is there, without loading what needs it. */
final class S3Sdk {

  private static final List<String> NEEDED =
      List.of(
          "software.amazon.awssdk.services.s3.S3Client",
          "software.amazon.awssdk.http.apache5.Apache5HttpClient");

  private S3Sdk() {}

  static void check() {
    for (String name : NEEDED) {
      try {
        Class.forName(name, false, S3Sdk.class.getClassLoader());
      } catch (ClassNotFoundException | LinkageError e) {
        throw new IllegalStateException(
            "S3 store not opened: %s is not there, needed the artifacts %s and %s%s"
                .formatted(
                    name,
                    "software.amazon.awssdk:s3",
                    "software.amazon.awssdk:apache5-client",
                    hint()),
            e);
      }
    }
  }

  private static String hint() {
    return S3Sdk.class.getModule().isNamed()
        ? " on the module path, and --add-modules software.amazon.awssdk.services.s3,org.slf4j"
        : " on the class path";
  }
}
