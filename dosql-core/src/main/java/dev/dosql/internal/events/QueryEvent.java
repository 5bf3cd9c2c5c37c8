package dev.dosql.internal.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/** A statement, from its start to its last row; of a stream, to its first. */
@Name("dev.dosql.Query")
@Label("Statement")
@Description("A statement, from its start to its last row; of a stream, to its first.")
@Category("DoSQL")
@StackTrace(false)
@Threshold("10 ms")
public final class QueryEvent extends Event {
  /** The tenant's name. */
  @Label("Tenant")
  public String tenant = "";

  /** The statement without the values in it. */
  @Label("SQL")
  public String sql = "";

  /** How many rows it returned, or changed. */
  @Label("Rows")
  public long rows;

  /** Whether it ran on the connection that writes. */
  @Label("Write")
  public boolean write;

  /** Whether it ended in an error. */
  @Label("Failed")
  public boolean failed;
}
