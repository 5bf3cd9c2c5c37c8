package dev.dosql.migrations.lexer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * One statement of a script.
 *
 * @param text from its first token to its last, without the semicolon that ends it
 * @param line the line of its first token; the first line is 1
 * @param tokens its tokens; never none
 */
public record ScriptStatement(String text, int line, Tokens tokens) {

  /**
   * Cuts a script at its semicolons; strings, comments and trigger bodies are known. The last
   * statement need not end in a semicolon.
   */
  public static List<ScriptStatement> split(String script) {
    List<ScriptStatement> statements = new ArrayList<>();
    Tokenizer in = new Tokenizer(script);
    int line = 1;
    int counted = 0;
    for (Tokens next = Tokens.ofNextStatement(in);
        next.size() > 0;
        next = Tokens.ofNextStatement(in)) {
      int start = next.start(0);
      line += Lines.between(script, counted, start);
      counted = start;
      String text = script.substring(start, next.end(next.size() - 1));
      statements.add(new ScriptStatement(text, line, next));
    }
    return Collections.unmodifiableList(statements);
  }
}
