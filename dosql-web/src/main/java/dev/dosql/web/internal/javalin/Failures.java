package dev.dosql.web.internal.javalin;

import dev.dosql.DoSQLException;

/**
 * Exceptions as texts for the log, without the messages of other libraries: those quote what users
 * sent, and tenants share the log.
 */
final class Failures {
  private static final int CAUSES_MAX = 10;

  private Failures() {}

  /** Types, where they were thrown, and the messages of this library, which hold no values. */
  static String text(Throwable failure) {
    StringBuilder text = new StringBuilder();
    Throwable each = failure;
    for (int i = 0; each != null && i < CAUSES_MAX; i++) {
      text.append(i == 0 ? "" : "\ncaused by ").append(line(each));
      for (StackTraceElement frame : each.getStackTrace()) {
        text.append("\n  at ").append(frame);
      }
      each = each.getCause();
    }
    return text.toString();
  }

  /** The first line of that. */
  static String line(Throwable failure) {
    String type = failure.getClass().getName();
    return failure instanceof DoSQLException ? type + ": " + failure.getMessage() : type;
  }
}
