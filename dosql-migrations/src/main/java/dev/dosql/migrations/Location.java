package dev.dosql.migrations;

import dev.dosql.migrations.MigrationFailure.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.jspecify.annotations.Nullable;

/** Reads the migration files of one place into memory and keeps nothing open. */
final class Location {
  private static final String CLASSPATH = "classpath:";

  /**
   * A file as it was read.
   *
   * @param name its name without its folder
   * @param bytes its contents
   */
  record RawFile(String name, byte[] bytes) {}

  private Location() {}

  static List<RawFile> read(String location, ClassLoader loader) throws MigrationFailure {
    if (location.startsWith(CLASSPATH)) {
      return readClasspath(location, loader);
    }
    try {
      return readFolder(Path.of(location));
    } catch (java.nio.file.InvalidPathException e) {
      throw unreadable("seen no valid path, needed a folder", location, null, e);
    }
  }

  static List<RawFile> readFolder(Path folder) throws MigrationFailure {
    if (!Files.isDirectory(folder)) {
      String seen = Files.exists(folder) ? "a file" : "nothing";
      throw unreadable("seen " + seen + ", needed a folder", folder.toString(), null, null);
    }
    try (var entries = Files.newDirectoryStream(folder)) {
      List<RawFile> files = new ArrayList<>();
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (FileName.isCandidate(name) && !Files.isDirectory(entry)) {
          files.add(new RawFile(name, readFile(entry, folder)));
        }
      }
      return files;
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      throw unreadable("the folder cannot be listed", folder.toString(), null, e);
    }
  }

  private static byte[] readFile(Path file, Path folder) throws MigrationFailure {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      String name = file.getFileName().toString();
      throw unreadable("the file cannot be read", folder.toString(), name, e);
    }
  }

  private static List<RawFile> readClasspath(String location, ClassLoader loader)
      throws MigrationFailure {
    String folder = location.substring(CLASSPATH.length()).replaceAll("^/+|/+$", "");
    List<RawFile> files = new ArrayList<>();
    try {
      // The same folder may be in several jars, and one jar may be listed twice.
      var seen = new java.util.HashSet<String>();
      for (URL url : Collections.list(loader.getResources(folder))) {
        if (seen.add(url.toExternalForm())) {
          files.addAll(readUrl(url, location));
        }
      }
    } catch (IOException e) {
      throw unreadable("the class path cannot be read", location, null, e);
    }
    if (files.isEmpty()) {
      throw unreadable(
          "seen no .sql file, needed a folder of them on the class path (a jar must have an entry"
              + " for the folder itself)",
          location,
          null,
          null);
    }
    return files;
  }

  private static List<RawFile> readUrl(URL url, String location)
      throws IOException, MigrationFailure {
    URLConnection connection = url.openConnection();
    if (connection instanceof JarURLConnection jar) {
      jar.setUseCaches(false); // a cached JarFile would stay open, and be somebody else's too
      try (JarFile file = jar.getJarFile()) {
        return readJar(file, jar.getEntryName());
      }
    }
    try {
      return readFolder(Path.of(url.toURI()));
    } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
      String seen = "seen a class path entry of a kind that cannot be listed: " + url.getProtocol();
      throw unreadable(seen, location, null, e);
    }
  }

  private static List<RawFile> readJar(JarFile jar, String entryName) throws IOException {
    String folder = entryName.endsWith("/") ? entryName : entryName + "/";
    List<RawFile> files = new ArrayList<>();
    for (JarEntry entry : Collections.list(jar.entries())) {
      if (entry.isDirectory() || !entry.getName().startsWith(folder)) {
        continue;
      }
      String name = entry.getName().substring(folder.length());
      if (FileName.isCandidate(name) && name.indexOf('/') < 0) {
        try (InputStream in = jar.getInputStream(entry)) {
          files.add(new RawFile(name, in.readAllBytes()));
        }
      }
    }
    return files;
  }

  private static MigrationFailure unreadable(
      String what, String location, @Nullable String file, @Nullable Throwable cause) {
    String where = file == null ? "" : ", file=" + file;
    String message =
        "migrations cannot be read: %s (location=%s%s)".formatted(what, location, where);
    return new MigrationFailure(Kind.UNREADABLE, message, file, cause);
  }
}
