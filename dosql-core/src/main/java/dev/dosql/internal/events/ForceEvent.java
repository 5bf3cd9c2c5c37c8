package dev.dosql.internal.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/** A force of a tenant's log to the disk. */
@Name("dev.dosql.Force")
@Label("Force")
@Description("A force of a tenant's log to the disk.")
@Category("DoSQL")
@StackTrace(false)
@Threshold("10 ms")
public final class ForceEvent extends Event {
  /** The tenant's name. */
  @Label("Tenant")
  public String tenant = "";

  /** How many commits it served. */
  @Label("Commits")
  public long commits;
}
