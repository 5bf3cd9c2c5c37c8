package dev.dosql;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The pages of documentation, and the tables in them. */
final class Docs {
  private static final Pattern CELLS = Pattern.compile("(?<!\\\\)\\|");

  private Docs() {}

  /** The root of the repository: the nearest directory above that has the modules and the docs. */
  static Path root() {
    Path here = Path.of("").toAbsolutePath();
    for (Path at = here; at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve("docs")) && Files.isDirectory(at.resolve("dosql-core"))) {
        return at;
      }
    }
    throw new IllegalStateException("not inside the repository: " + here);
  }

  /** A page. */
  static List<String> lines(String page) {
    try {
      return Files.readAllLines(root().resolve("docs").resolve(page));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rows of all tables among lines, without heads, each as its cells. */
  static List<List<String>> rows(List<String> lines) {
    List<List<String>> rows = new ArrayList<>();
    boolean inBody = false;
    for (String line : lines) {
      if (!line.startsWith("|")) {
        inBody = false;
      } else if (line.startsWith("|---")) {
        inBody = true;
      } else if (inBody) {
        rows.add(cells(line));
      }
    }
    return rows;
  }

  private static List<String> cells(String line) {
    String inner = line.strip().substring(1, line.strip().length() - 1);
    return CELLS.splitAsStream(inner + " ").map(String::strip).toList();
  }
}
