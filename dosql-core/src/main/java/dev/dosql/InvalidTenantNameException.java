package dev.dosql;

/**
 * A tenant's name is empty, longer than 200 bytes of UTF-8, not valid Unicode, or holds a control
 * character. Nothing was made.
 */
public final class InvalidTenantNameException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  private final String tenant;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param tenant the name that was asked for
   */
  public InvalidTenantNameException(String message, String tenant) {
    super(message);
    this.tenant = tenant;
  }

  /**
   * The name that was asked for.
   *
   * @return the tenant's name, as given
   */
  public String tenant() {
    return tenant;
  }
}
