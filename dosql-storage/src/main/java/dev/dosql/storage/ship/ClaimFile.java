package dev.dosql.storage.ship;

import dev.dosql.storage.replica.Head;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * By which claim a directory owns a tenant, so that it need not claim it again each time it is
 * opened. It need not survive a power cut: the tenant is claimed once more then.
 */
public final class ClaimFile {
  private static final String NAME = "claim";

  private ClaimFile() {}

  /**
   * Notes a claim of this directory's, in the tenant's directory: all of it or, killed, nothing.
   */
  public static void write(Path directory, Head head) throws IOException {
    if (isOf(directory, head)) {
      return;
    }
    Files.createDirectories(directory);
    Path made = directory.resolve(NAME + ".tmp");
    Files.writeString(made, text(head), StandardCharsets.US_ASCII);
    Files.move(made, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Whether a head is of the claim that was noted. */
  public static boolean isOf(Path directory, Head head) throws IOException {
    try {
      String noted = Files.readString(directory.resolve(NAME), StandardCharsets.US_ASCII);
      return head.deleted() == null && noted.equals(text(head));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static String text(Head head) {
    return head.epoch() + " " + head.claim();
  }
}
