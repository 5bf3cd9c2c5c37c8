package dev.dosql.internal.tenant;

import dev.dosql.internal.files.DurableFiles;
import dev.dosql.storage.capture.LocalLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The directories in which tenants keep what waits for their bucket, and where they stand.
 *
 * <table>
 *   <caption>In {@code .dosql/replicas}; {@code E} is a tenant's encoded name</caption>
 *   <tr><th>file</th><th>what it is</th></tr>
 *   <tr><td>{@code node.id}</td><td>by which name the bucket knows this directory</td></tr>
 *   <tr><td>{@code E/position}, {@code E/mark}, {@code E/*.ltx}</td>
 *       <td>the tenant's local log, see {@code dev.dosql.storage.capture}</td></tr>
 *   <tr><td>{@code E/claim}, {@code E/counted}</td>
 *       <td>see {@code dev.dosql.storage.ship}</td></tr>
 *   <tr><td>{@code E/greeted}</td><td>by which process it was compared with the bucket last</td></tr>
 *   <tr><td>{@code E/gone}</td><td>that the bucket must be told that it went; its name, and behind
 *       a line feed the new one, if it has one</td></tr>
 * </table>
 */
final class ReplicaDirectories {
  private static final String GREETED = "greeted";
  private static final String GONE = "gone";

  private final Path directory;
  private final String session = UUID.randomUUID().toString();

  ReplicaDirectories(Path directory) {
    this.directory = directory;
  }

  /** The name by which the bucket knows this directory, made once. */
  String node() throws IOException {
    Path file = directory.resolve("node.id"); // No encoded name has a dot.
    if (!Files.exists(file)) {
      Path made = directory.resolve("node.id.tmp");
      Files.writeString(made, UUID.randomUUID().toString());
      DurableFiles.publish(made, file);
    }
    return Files.readString(file).trim();
  }

  /** All of them. */
  Path root() {
    return directory;
  }

  /** A tenant's directory. */
  Path of(TenantName name) {
    return directory.resolve(name.encoded());
  }

  /** Forgets where a tenant stands. */
  void clear(TenantName name) throws IOException {
    TenantFiles.deleteTree(of(name));
  }

  /** Whether this process has compared the tenant with its bucket. */
  boolean isGreeted(TenantName name) throws IOException {
    Path file = of(name).resolve(GREETED);
    return Files.exists(file) && Files.readString(file, StandardCharsets.US_ASCII).equals(session);
  }

  /** Notes that it has; that needs not survive it. */
  void greeted(TenantName name) throws IOException {
    Files.createDirectories(of(name));
    Files.writeString(of(name).resolve(GREETED), session, StandardCharsets.US_ASCII);
  }

  /** Whether a tenant is about to go, or has gone without the bucket knowing. */
  boolean isGone(TenantName name) {
    return Files.exists(of(name).resolve(GONE));
  }

  /**
   * Says that it is about to go.
   *
   * @param target its new name, or null if it is deleted
   */
  void beginGoing(TenantName name, @Nullable TenantName target) throws IOException {
    mark(name, GONE, target == null ? name.text() : name.text() + '\n' + target.text());
  }

  /** Under which name a tenant that is gone is there now, if it is not deleted. */
  Optional<TenantName> goneTo(TenantName name) throws IOException {
    String[] names = Files.readString(of(name).resolve(GONE)).split("\n", 2);
    return names.length == 2 ? Optional.of(new TenantName(names[1])) : Optional.empty();
  }

  void endGoing(TenantName name) throws IOException {
    Files.delete(of(name).resolve(GONE));
  }

  /** The tenants that may have gone without the bucket knowing. */
  List<TenantName> gone() throws IOException {
    List<TenantName> gone = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
      for (Path each : all) {
        Path mark = each.resolve(GONE);
        if (Files.exists(mark)) {
          Optional.of(Files.readString(mark).split("\n", 2)[0])
              .filter(name -> !name.isEmpty())
              .map(TenantName::new)
              .ifPresent(gone::add);
        }
      }
    }
    return gone;
  }

  /** Writes a mark that survives the loss of power. */
  private void mark(TenantName name, String what, String content) throws IOException {
    DurableFiles.createDirectories(of(name));
    Path made = of(name).resolve(what + ".new");
    Files.writeString(made, content);
    DurableFiles.publish(made, of(name).resolve(what));
  }

  /** Whether the bucket has something of the history that a tenant has here. */
  boolean isInTheBucket(TenantName name) throws IOException {
    return LocalLog.shippedIn(of(name)).isPresent();
  }

  /** Whether a tenant has segments that wait for the bucket, or was never captured. */
  boolean isWaiting(TenantName name) throws IOException {
    return LocalLog.isWaiting(of(name));
  }
}
