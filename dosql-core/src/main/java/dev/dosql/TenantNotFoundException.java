package dev.dosql;

/** There is no tenant of that name, and the call does not create one. Nothing was made. */
public final class TenantNotFoundException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  private final String tenant;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param tenant the name that was asked for
   */
  public TenantNotFoundException(String message, String tenant) {
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
