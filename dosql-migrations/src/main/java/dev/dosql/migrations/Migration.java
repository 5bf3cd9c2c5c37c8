package dev.dosql.migrations;

import dev.dosql.migrations.MigrationFailure.Kind;
import dev.dosql.migrations.lexer.Lines;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * One file, read and cut into statements.
 *
 * @param file what its name says
 * @param script its text, without a byte order mark
 * @param statements what will be executed
 */
record Migration(FileName file, String script, List<Statement> statements) {

  static Migration parse(FileName file, byte[] bytes) throws MigrationFailure {
    String script = decode(file.name(), bytes);
    refuseNul(file.name(), script);
    List<Statement> statements = Statement.split(script);
    if (!statements.isEmpty()) {
      checkEnd(file.name(), script, statements.get(statements.size() - 1));
    }
    for (Statement statement : statements) {
      String refusal = statement.refusal();
      if (refusal != null) {
        throw unparsable(file.name(), "a statement is not allowed here: " + refusal, statement);
      }
    }
    return new Migration(file, script, statements);
  }

  private static void checkEnd(String name, String script, Statement last) throws MigrationFailure {
    if (last.unclosedAt() >= 0) {
      throw unclosed(name, script, last.unclosedAt());
    }
    if (last.isOpenTrigger()) {
      throw unparsable(name, "a trigger has no end: needed END; after its statements", last);
    }
  }

  boolean isRepeatable() {
    return file.version() == null;
  }

  /**
   * Flyway's own checksum for SQL files (its {@code ChecksumCalculator}): a CRC-32 over the lines
   * without their ends. Kept, so that Flyway's command line can read and check our history.
   */
  int checksum() {
    CRC32 crc = new CRC32();
    script.lines().forEach(line -> crc.update(line.getBytes(StandardCharsets.UTF_8)));
    return (int) crc.getValue();
  }

  private static String decode(String name, byte[] bytes) throws MigrationFailure {
    try {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      String text = StandardCharsets.UTF_8.newDecoder().decode(buffer).toString();
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      String message = "migration file cannot be read: seen bytes that are not UTF-8 (file=%s)";
      throw new MigrationFailure(Kind.UNREADABLE, message.formatted(name), name, e);
    }
  }

  // SQLite takes the character 0 for the end of the text and would silently drop the rest.
  private static void refuseNul(String name, String script) throws MigrationFailure {
    int nul = script.indexOf('\0');
    if (nul >= 0) {
      String what = "seen the character 0, needed text";
      throw unparsable(name, what, Lines.at(script, nul), null);
    }
  }

  private static MigrationFailure unclosed(String name, String script, int at) {
    String what = "a string or a quoted name is never closed";
    return unparsable(name, what, Lines.at(script, at), script.substring(at));
  }

  private static MigrationFailure unparsable(String name, String what, Statement statement) {
    return unparsable(name, what, statement.line(), statement.text());
  }

  private static MigrationFailure unparsable(
      String name, String what, int line, @Nullable String statement) {
    String where = statement == null ? "" : ", statement=" + Texts.brief(statement);
    String message =
        "migration file cannot be parsed: %s (file=%s, line=%d%s)"
            .formatted(what, name, line, where);
    return new MigrationFailure(Kind.UNPARSABLE, message, name, line, statement, null);
  }
}
