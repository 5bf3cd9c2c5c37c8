package dev.dosql.internal.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A tenant's schema is brought up to date. */
@Name("dev.dosql.Migrate")
@Label("Migrate")
@Description("A tenant's schema is brought up to date.")
@Category("DoSQL")
@StackTrace(false)
public final class MigrateEvent extends Event {
  /** The tenant's name. */
  @Label("Tenant")
  public String tenant = "";

  /** How many files were run. */
  @Label("Applied")
  public int applied;

  /** The version it has then. */
  @Label("Version")
  public String version = "";
}
