package dev.dosql;

/** A tenant's history was asked for, and none is kept: there is no {@code cold} store. */
public final class HistoryNotConfiguredException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the error.
   *
   * @param message what was asked for and what was needed
   */
  public HistoryNotConfiguredException(String message) {
    super(message);
  }
}
