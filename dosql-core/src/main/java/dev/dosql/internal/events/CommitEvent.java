package dev.dosql.internal.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/** A write, from its call until it is durable. */
@Name("dev.dosql.Commit")
@Label("Commit")
@Description("A write, from its call until it is durable.")
@Category("DoSQL")
@StackTrace(false)
@Threshold("10 ms")
public final class CommitEvent extends Event {
  /** The tenant's name. */
  @Label("Tenant")
  public String tenant = "";

  /** Whether it was a transaction of the user's own. */
  @Label("Transaction")
  public boolean transaction;
}
