package dev.dosql.internal.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A tenant is taken out of memory. */
@Name("dev.dosql.Evict")
@Label("Evict")
@Description("A tenant is taken out of memory.")
@Category("DoSQL")
@StackTrace(false)
public final class EvictEvent extends Event {
  /** The tenant's name. */
  @Label("Tenant")
  public String tenant = "";

  /** Why: idle, room, or end. */
  @Label("Reason")
  public String reason = "";
}
