package dev.dosql.migrations.lexer;

/**
 * Finds the tables of this library where a statement would write to them, change them, or make
 * something that does. They are named under {@code _dosql_}, and that name is nobody else's.
 *
 * <p>By the words alone: a target stands behind INTO, UPDATE, DELETE FROM or REFERENCES, which are
 * never names in SQLite unless they are quoted, so that the bodies of triggers need no rule of
 * their own. What only reads is not found.
 */
public final class OwnObjects {
  private static final String PREFIX = "_dosql_";

  /** A virtual table of this name would put its own tables under the prefix. */
  private static final String VIRTUAL = "_dosql";

  private final Tokens tokens;

  private OwnObjects(Tokens tokens) {
    this.tokens = tokens;
  }

  /** The token that names such a target, or -1 if there is none. */
  public static int target(Tokens tokens) {
    OwnObjects own = new OwnObjects(tokens);
    int changed = own.changed(tokens.verb());
    return changed >= 0 ? changed : own.written();
  }

  private int written() {
    for (int i = 0; i < tokens.size(); i++) {
      int named = own(targetBehind(i));
      if (named >= 0) {
        return named;
      }
    }
    return -1;
  }

  /** Where the name of a target would stand if the keyword of one stands here, or -1. */
  private int targetBehind(int i) {
    return switch (tokens.word(i)) {
      case "INTO", "REFERENCES" -> i + 1;
      case "UPDATE" -> tokens.isWord(i + 1, "OR") ? i + 3 : i + 1;
      case "DELETE" -> tokens.isWord(i + 1, "FROM") ? i + 2 : -1;
      case "RENAME" -> tokens.isWord(i + 1, "TO") ? i + 2 : -1;
      default -> -1;
    };
  }

  /** What a statement of the schema makes, changes or drops, and what it hangs that on. */
  private int changed(int verb) {
    return switch (tokens.word(verb)) {
      case "CREATE" -> {
        int object = object(verb + 1);
        int named = own(name(object));
        boolean hangs = tokens.isWord(object, "TRIGGER") || tokens.isWord(object, "INDEX");
        yield named >= 0 || !hangs ? named : own(behindOn(object));
      }
      case "ALTER", "DROP" -> own(name(verb + 1));
      default -> -1;
    };
  }

  /** The word that says what is made, behind TEMP, UNIQUE and VIRTUAL. */
  private int object(int from) {
    int i = from;
    while (tokens.kind(i) == TokenKind.WORD && !isObject(tokens.word(i))) {
      i++;
    }
    return i;
  }

  private static boolean isObject(String word) {
    return switch (word) {
      case "TABLE", "VIEW", "TRIGGER", "INDEX" -> true;
      default -> false;
    };
  }

  /** The name behind TABLE, VIEW, TRIGGER or INDEX. */
  private int name(int object) {
    int name = object + 1;
    if (tokens.isWord(name, "IF")) {
      name += tokens.isWord(name + 1, "NOT") ? 3 : 2;
    }
    return name;
  }

  private int behindOn(int from) {
    int i = from;
    while (i < tokens.size() && !tokens.isWord(i, "ON")) {
      i++;
    }
    return i + 1;
  }

  /** The last part of the name here, if it is one of this library's, or -1. */
  private int own(int name) {
    int last = tokens.kind(name + 1) == TokenKind.DOT ? name + 2 : name;
    String lower = Names.lower(tokens.name(last));
    return lower.startsWith(PREFIX) || lower.equals(VIRTUAL) ? last : -1;
  }
}
