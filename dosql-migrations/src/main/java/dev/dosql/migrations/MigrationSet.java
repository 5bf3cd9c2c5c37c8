package dev.dosql.migrations;

import dev.dosql.migrations.Location.RawFile;
import dev.dosql.migrations.MigrationFailure.Kind;
import dev.dosql.migrations.lexer.Names;
import dev.dosql.migrations.lexer.TokenKind;
import dev.dosql.migrations.lexer.Tokens;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The migrations of one folder, read once into memory; what is executed later is what was read.
 *
 * <p>File names: {@code 001_create_users.sql}, {@code 20240101120000_x.sql}, {@code 1.2_y.sql},
 * Flyway's {@code V1__x.sql} and {@code V1.2__x.sql}, and {@code R__views.sql} for a repeatable
 * file, which runs after the others and again whenever it changed. Versions are compared number by
 * number, so {@code 1}, {@code 001} and {@code V1} are one version. The ledger knows a file by
 * version, description and checksum: one that is renamed from {@code V1__x.sql} to {@code
 * 001_x.sql} is still the same. Files that do not end in {@code .sql} are ignored, and folders
 * inside the folder are not entered.
 *
 * <p>A script is a list of SQLite statements in UTF-8. It runs inside one transaction, so {@code
 * BEGIN}, {@code COMMIT}, {@code ATTACH}, {@code VACUUM} and their like are refused, and so is
 * every {@code PRAGMA} with a side effect but {@code user_version} and {@code application_id}.
 *
 * <p>Immutable and safe for use by many threads. Holds no file open.
 */
public final class MigrationSet {
  // By version, then the repeatable ones by description: the order in which Flyway runs them.
  private static final Comparator<Migration> ORDER =
      Comparator.comparing(
              (Migration migration) -> migration.file().version(),
              Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(migration -> migration.file().description())
          .thenComparing(migration -> migration.file().name());

  private final List<Migration> migrations;
  private final Set<String> identifiers;
  private final boolean sameForEveryone;
  private final String fingerprint;

  private MigrationSet(List<Migration> migrations) {
    this.migrations = List.copyOf(migrations);
    this.identifiers = identifiers(migrations);
    this.sameForEveryone = Sameness.of(migrations);
    this.fingerprint = fingerprint(migrations);
  }

  /**
   * Reads a folder of the file system or of the class path.
   *
   * @param location the path of a folder, or {@code classpath:} and a folder's name, as in {@code
   *     classpath:db/migrations}; the folder may be in several jars, all of which are read
   * @param loader where {@code classpath:} is looked up
   * @return the migrations; none if a folder of the file system has none
   * @throws MigrationFailure if the folder or a file is unreadable, wrongly named, a duplicate or
   *     unparsable, or if {@code classpath:} has no migration there; no database was touched
   */
  public static MigrationSet load(String location, ClassLoader loader) throws MigrationFailure {
    return of(Location.read(location, loader));
  }

  /**
   * Reads a folder of the file system.
   *
   * @param folder the folder
   * @return the migrations; none if the folder has none
   * @throws MigrationFailure if the folder or a file is unreadable, wrongly named, a duplicate or
   *     unparsable; no database was touched
   */
  public static MigrationSet load(Path folder) throws MigrationFailure {
    return of(Location.readFolder(folder));
  }

  private static MigrationSet of(List<RawFile> files) throws MigrationFailure {
    List<RawFile> sorted = new ArrayList<>(files);
    sorted.sort(Comparator.comparing(RawFile::name)); // so that the first error is always the same
    List<Migration> migrations = new ArrayList<>();
    for (RawFile file : sorted) {
      migrations.add(Migration.parse(FileName.parse(file.name()), file.bytes()));
    }
    migrations.sort(ORDER);
    refuseDuplicates(migrations);
    return new MigrationSet(migrations);
  }

  /**
   * A name for the contents: it changes if and only if what would be executed or compared changes.
   *
   * @return SHA-256 over names and lines in order of execution, whatever their line ends, in lower
   *     case hexadecimal
   */
  public String fingerprint() {
    return fingerprint;
  }

  /**
   * How many files there are.
   *
   * @return the number of files, the repeatable ones included
   */
  public int size() {
    return migrations.size();
  }

  /**
   * The version that a database has when it is up to date.
   *
   * @return the newest version as its file spells it; empty if no file has one
   */
  public Optional<String> newestVersion() {
    return newest().map(migration -> migration.file().version().getVersion());
  }

  /**
   * The files.
   *
   * @return their names, in order of execution; unmodifiable
   */
  public List<String> files() {
    return migrations.stream().map(migration -> migration.file().name()).toList();
  }

  /**
   * Whether these migrations leave the same rows in every database, so that one migrated database
   * may be copied for many.
   *
   * <p>False if a statement uses {@code random()}, {@code randomblob()}, {@code current_time},
   * {@code current_date}, {@code current_timestamp}, {@code 'now'} or one of SQLite's date and time
   * functions. These are harmless in a column's default, a trigger or a view, as long as no
   * statement of the set writes rows, which would evaluate them. In doubt false. Functions that the
   * user has defined are not known here: see {@link #mentions}.
   *
   * @return true if a template may be shared
   */
  public boolean sameForEveryone() {
    return sameForEveryone;
  }

  /**
   * Whether a name stands anywhere in the scripts as an identifier, outside strings and comments.
   *
   * @param functionName the name, in any case
   * @return true if it does
   */
  public boolean mentions(String functionName) {
    return identifiers.contains(functionName.toLowerCase(Locale.ROOT));
  }

  List<Migration> migrations() {
    return migrations;
  }

  Optional<Migration> newest() {
    return migrations.stream()
        .filter(migration -> !migration.isRepeatable())
        .reduce((first, second) -> second);
  }

  private static void refuseDuplicates(List<Migration> sorted) throws MigrationFailure {
    for (int i = 1; i < sorted.size(); i++) {
      FileName first = sorted.get(i - 1).file();
      FileName second = sorted.get(i).file();
      if (first.sameSlot(second)) {
        String what = first.version() == null ? "description" : "version";
        String message =
            "migrations have a duplicate: seen two files with one %s, needed one (file=%s,"
                + " other=%s)";
        message = message.formatted(what, second.name(), first.name());
        throw new MigrationFailure(Kind.DUPLICATE_VERSION, message, second.name(), null);
      }
    }
  }

  private static Set<String> identifiers(List<Migration> migrations) {
    Set<String> found = new HashSet<>();
    for (Migration migration : migrations) {
      for (Statement statement : migration.statements()) {
        addIdentifiers(statement.tokens(), found);
      }
    }
    return Set.copyOf(found);
  }

  private static void addIdentifiers(Tokens tokens, Set<String> found) {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.kind(i) == TokenKind.WORD || tokens.kind(i) == TokenKind.QUOTED) {
        found.add(Names.lower(tokens.name(i)));
      }
    }
  }

  private static String fingerprint(List<Migration> migrations) {
    MessageDigest digest = sha256();
    for (Migration migration : migrations) {
      // A line never holds a line end, so no two sets give the same bytes.
      update(digest, migration.file().name());
      migration.script().lines().forEach(line -> update(digest, " " + line));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void update(MessageDigest digest, String line) {
    digest.update((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
