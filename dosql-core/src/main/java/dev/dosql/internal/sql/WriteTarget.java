package dev.dosql.internal.sql;

import dev.dosql.migrations.lexer.TokenKind;
import dev.dosql.migrations.lexer.Tokenizer;
import dev.dosql.migrations.lexer.Tokens;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The column that a parameter's value goes to.
 *
 * @param table the table's name
 * @param column the column's name, or null if the statement names none
 * @param position where it stands among the values, from 0
 */
public record WriteTarget(String table, @Nullable String column, int position) {
  /**
   * The columns to which parameters go as they are: in {@code VALUES (…, ?, …)} and in {@code SET c
   * = ?}. A parameter inside an expression has none.
   *
   * @param sql an INSERT or UPDATE
   * @return the targets by the parameter's number; those that have one
   */
  public static Map<Integer, WriteTarget> of(String sql) {
    Tokens tokens = Tokens.ofNextStatement(new Tokenizer(sql));
    Finder finder = new Finder(tokens);
    int verb = tokens.verb();
    if (tokens.isWord(verb, "UPDATE")) {
      finder.update(verb + 1);
    } else {
      finder.insert(verb + 1);
    }
    return finder.found;
  }

  private static final class Finder {
    private final Tokens tokens;
    private final Parameters parameters;
    private final Map<Integer, WriteTarget> found = new HashMap<>();

    Finder(Tokens tokens) {
      this.tokens = tokens;
      this.parameters = Parameters.of(tokens, 0);
    }

    void update(int from) {
      int name = tokens.isWord(from, "OR") ? from + 2 : from;
      assignments(nameAt(name), find("SET", name) + 1);
    }

    void insert(int from) {
      int into = find("INTO", from) + 1;
      String table = nameAt(into);
      int next = tokens.kind(into + 1) == TokenKind.DOT ? into + 3 : into + 1;
      next = tokens.isWord(next, "AS") ? next + 2 : next;
      int columns = tokens.kind(next) == TokenKind.OPEN ? next : -1;
      int values = columns < 0 ? next : behind(columns);
      if (tokens.isWord(values, "VALUES")) {
        rows(table, columns, values + 1);
      }
      for (int i = values; i < tokens.size(); i++) {
        if (tokens.isWord(i, "SET")) {
          assignments(table, i + 1);
        }
      }
    }

    /** The rows of VALUES, each with a value for each column in its place. */
    private void rows(String table, int columns, int from) {
      int row = from;
      while (tokens.kind(row) == TokenKind.OPEN) {
        int end = behind(row);
        int position = 0;
        int depth = 0;
        for (int i = row; i < end; i++) {
          depth += depth(i);
          boolean alone = isDelimiter(i - 1, TokenKind.OPEN) && isDelimiter(i + 1, TokenKind.CLOSE);
          if (depth == 1 && alone && tokens.kind(i) == TokenKind.VARIABLE) {
            put(i, new WriteTarget(table, columnAt(columns, position), position));
          }
          position += depth == 1 && isComma(i) ? 1 : 0;
        }
        row = isComma(end) ? end + 1 : end;
      }
    }

    private void assignments(String table, int from) {
      int depth = 0;
      for (int i = from; i < tokens.size() && !isClauseBehindSet(i, depth); i++) {
        depth += depth(i);
        boolean assigned =
            depth == 0
                && tokens.kind(i) == TokenKind.VARIABLE
                && i - 2 >= from
                && tokens.text(i - 1).equals("=")
                && (i - 2 == from || isComma(i - 3))
                && (i + 1 >= tokens.size() || isComma(i + 1) || isClauseBehindSet(i + 1, 0));
        if (assigned) {
          put(i, new WriteTarget(table, tokens.name(i - 2), -1));
        }
      }
    }

    private boolean isClauseBehindSet(int i, int depth) {
      return depth == 0
          && (tokens.isWord(i, "WHERE")
              || tokens.isWord(i, "FROM")
              || tokens.isWord(i, "RETURNING")
              || tokens.isWord(i, "ORDER")
              || tokens.isWord(i, "LIMIT")
              || tokens.isWord(i, "ON"));
    }

    private void put(int token, WriteTarget target) {
      for (int place = 0; place < parameters.places(); place++) {
        if (parameters.start(place) == tokens.start(token)) {
          found.put(parameters.number(place), target);
        }
      }
    }

    private @Nullable String columnAt(int list, int position) {
      int name = list + 1 + 2 * position; // Names and commas take turns.
      return list < 0 ? null : tokens.name(name);
    }

    private String nameAt(int i) {
      return tokens.name(tokens.kind(i + 1) == TokenKind.DOT ? i + 2 : i);
    }

    private int find(String keyword, int from) {
      int i = from;
      while (i < tokens.size() && !tokens.isWord(i, keyword)) {
        i++;
      }
      return i;
    }

    /** The token behind the parenthesis that closes the one here. */
    private int behind(int open) {
      int depth = 0;
      for (int i = open; i < tokens.size(); i++) {
        depth += depth(i);
        if (depth == 0) {
          return i + 1;
        }
      }
      return tokens.size();
    }

    private int depth(int i) {
      return tokens.kind(i) == TokenKind.OPEN ? 1 : tokens.kind(i) == TokenKind.CLOSE ? -1 : 0;
    }

    private boolean isDelimiter(int i, TokenKind parenthesis) {
      return tokens.kind(i) == parenthesis || isComma(i);
    }

    private boolean isComma(int i) {
      return tokens.kind(i) == TokenKind.OTHER && tokens.text(i).equals(",");
    }
  }
}
