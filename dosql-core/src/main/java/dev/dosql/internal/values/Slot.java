package dev.dosql.internal.values;

import dev.dosql.MappingException;

/** One column of a result: where it stands and what it is called. */
record Slot(int column, String name) {
  /** The error of a value that is not what the target needs. */
  MappingException unfit(int stored, Class<?> target, String needed) {
    return new MappingException(unfitMessage(stored, target, needed));
  }

  /** The same error, of a converter that failed. */
  MappingException unfit(int stored, Class<?> target, String needed, Throwable cause) {
    return new MappingException(unfitMessage(stored, target, needed), cause);
  }

  private String unfitMessage(int stored, Class<?> target, String needed) {
    return "cannot read a column exactly: needed "
        + needed
        + " (column="
        + name
        + ", stored="
        + typeName(stored)
        + ", target="
        + target.getTypeName()
        + ")";
  }

  /** SQLite's word for a type code. */
  static String typeName(int type) {
    return switch (type) {
      case Columns.INTEGER -> "INTEGER";
      case Columns.REAL -> "REAL";
      case Columns.TEXT -> "TEXT";
      case Columns.BLOB -> "BLOB";
      case Columns.NULL -> "NULL";
      default -> throw new AssertionError("type code " + type);
    };
  }
}
