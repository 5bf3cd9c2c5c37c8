package dev.dosql.storage.ship;

import dev.dosql.storage.replica.Head;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * By which claim a directory owns a tenant, so that it need not claim it again each time it is
 * opened. It need not survive a power cut: the tenant is claimed once more then.
 */
public final class ClaimFile {
  private static final String NAME = "claim";

  private ClaimFile() {}

  /** Notes a claim of this directory's, in the tenant's directory. */
  public static void write(Path directory, Head head) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve(NAME), text(head), StandardCharsets.US_ASCII);
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
