package dev.dosql;

/**
 * The tenant is suspended: its data is kept and its calls are refused until it is resumed. Nothing
 * was executed.
 */
public final class TenantSuspendedException extends DoSQLException {
  private static final long serialVersionUID = 1L;

  private final String tenant;

  /**
   * Makes the error.
   *
   * @param message what failed, what was seen and what was needed
   * @param tenant the name that was asked for
   */
  public TenantSuspendedException(String message, String tenant) {
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
