package dev.dosql.internal.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A tenant is brought into memory. */
@Name("dev.dosql.Open")
@Label("Open")
@Description("A tenant is brought into memory.")
@Category("DoSQL")
@StackTrace(false)
public final class OpenEvent extends Event {
  /** The tenant's name. */
  @Label("Tenant")
  public String tenant = "";

  /** Whether it was made. */
  @Label("Created")
  public boolean created;
}
