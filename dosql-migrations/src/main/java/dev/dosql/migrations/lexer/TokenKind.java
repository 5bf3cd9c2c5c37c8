package dev.dosql.migrations.lexer;

/** What a token is, as far as anything here needs to know. */
public enum TokenKind {
  /** A keyword or a name without quotes. */
  WORD,
  /** A name in double quotes, backquotes or brackets. */
  QUOTED,
  /** A text in single quotes, which SQLite also takes as a name where one is needed. */
  STRING,
  /** A parameter. */
  VARIABLE,
  /** {@code ;}. */
  SEMICOLON,
  /** {@code (}. */
  OPEN,
  /** {@code )}. */
  CLOSE,
  /** {@code .}. */
  DOT,
  /** A number, a blob, an operator. */
  OTHER,
  /** What SQLite does not take; it reports so itself. */
  ILLEGAL,
  /** Spaces, a byte order mark, a comment. */
  SPACE,
  /** The end of the text. */
  END
}
