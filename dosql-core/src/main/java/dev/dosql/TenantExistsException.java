package dev.dosql;

/** A tenant of that name exists already. It was not touched. */
public final class TenantExistsException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  private final String tenant;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param tenant the name that was asked for
   */
  public TenantExistsException(String message, String tenant) {
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
