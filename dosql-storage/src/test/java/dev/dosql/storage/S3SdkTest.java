package dev.dosql.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.storage.consumer.UsesStores;
import dev.dosql.storage.testing.S3TestServer;
import java.io.File;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Programs with and without the AWS SDK, on the class path and on the module path. */
final class S3SdkTest {

  private static final String MODULE = "dev.dosql.storage";

  @Test
  void classPath_withoutSdk_otherStoresWorkAndS3NamesTheArtifacts() throws Exception {
    String output = run(List.of("-cp", path(home(ObjectStore.class), home(UsesStores.class))), "");

    assertThat(output)
        .contains(
            "memory works",
            "IllegalStateException",
            "software.amazon.awssdk:s3",
            "software.amazon.awssdk:apache5-client",
            "on the class path");
  }

  @Test
  void modulePath_withoutSdk_otherStoresWorkAndS3NamesTheArtifacts() throws Exception {
    List<String> options =
        List.of("-p", home(ObjectStore.class), "--add-modules", MODULE, "-cp", program());

    assertThat(run(options, ""))
        .contains(
            "memory works",
            "IllegalStateException",
            "software.amazon.awssdk:s3",
            "--add-modules software.amazon.awssdk.services.s3");
  }

  @Test
  void classPath_withSdk_s3Works() throws Exception {
    String classes = path(home(ObjectStore.class), home(UsesStores.class), sdk());
    try (S3TestServer server = S3TestServer.start()) {
      assertThat(run(List.of("-cp", classes), server.uri("a")))
          .contains("memory works", "s3 works");
      assertThat(server.keys(S3TestServer.BUCKET)).containsExactly("a/k");
    }
  }

  @Test
  void modulePath_withSdk_s3Works() throws Exception {
    String modules = path(home(ObjectStore.class), sdk());
    List<String> options =
        List.of(
            "-p",
            modules,
            "--add-modules",
            MODULE + ",software.amazon.awssdk.services.s3,org.slf4j",
            "-cp",
            program());
    try (S3TestServer server = S3TestServer.start()) {
      assertThat(run(options, server.uri("a"))).contains("memory works", "s3 works");
      assertThat(server.keys(S3TestServer.BUCKET)).containsExactly("a/k");
    }
  }

  private static String run(List<String> options, String uri) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Daws.accessKeyId=" + S3TestServer.ACCESS_KEY);
    command.add("-Daws.secretAccessKey=" + S3TestServer.SECRET_KEY);
    command.addAll(options);
    command.addAll(List.of(UsesStores.class.getName(), uri.isEmpty() ? "s3://bucket" : uri));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return output;
    } finally {
      process.destroyForcibly();
    }
  }

  /** Everything of third parties that this test runs with; on either path. */
  private static String sdk() {
    String all =
        System.getProperty("java.class.path")
            + File.pathSeparator
            + System.getProperty("jdk.module.path", "");
    return Arrays.stream(all.split(File.pathSeparator))
        .filter(jar -> jar.matches(".*(awssdk|httpcomponents|reactivestreams|slf4j).*[.]jar"))
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String path(String... parts) {
    return Stream.of(parts).collect(Collectors.joining(File.pathSeparator));
  }

  /** Where the program is that uses stores from outside of their module. */
  private static String program() throws Exception {
    return home(UsesStores.class);
  }

  private static String home(Class<?> type) throws Exception {
    URL file = type.getResource(type.getSimpleName() + ".class");
    Path path = Path.of(file.toURI());
    for (int names = type.getName().split("\\.").length; names > 0; names--) {
      path = path.getParent();
    }
    return path.toString();
  }
}
