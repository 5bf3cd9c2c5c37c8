package dev.dosql.internal.sql;

import dev.dosql.ParameterException;
import dev.dosql.StatementException;
import dev.dosql.migrations.lexer.Lines;
import dev.dosql.migrations.lexer.Names;
import dev.dosql.migrations.lexer.ScriptStatement;
import java.util.List;

/** Several statements in one text. */
public final class Script {
  private Script() {}

  /**
   * Cuts a script into its statements and screens every one, so that none has run when one is
   * refused.
   *
   * @param script statements separated by semicolons; strings, comments and trigger bodies are
   *     known
   * @return the statements, each from its first to its last token and with its line; unmodifiable
   * @throws StatementException if a statement is refused; has its text and its line
   * @throws ParameterException if there is a parameter
   */
  public static List<ParsedSql> parse(String script) {
    checkReadable(script);
    return ScriptStatement.split(script).stream()
        .map(each -> statement(each.text(), each.line()))
        .toList();
  }

  private static void checkReadable(String script) {
    StatementException unreadable = Screening.unreadable(script);
    if (unreadable != null) {
      int position = unreadable.position();
      throw new StatementException(
          unreadable.getMessage(), script, position, Lines.at(script, position), null);
    }
  }

  private static ParsedSql statement(String sql, int line) {
    ParsedSql parsed = ParsedSql.parse(sql, line);
    Parameters parameters = parsed.parameters();
    if (parameters.places() > 0) {
      String text = parameters.sql(); // Its quotes may be others than those of the script.
      int at = parameters.start(0);
      throw new ParameterException(
          "script refused: a parameter seen, none possible in a script; run(sql, …) takes them"
              + " (line="
              + (line + Lines.between(text, 0, at))
              + ", parameter="
              + Names.shown(text.substring(at, parameters.end(0)))
              + ")");
    }
    return parsed;
  }
}
