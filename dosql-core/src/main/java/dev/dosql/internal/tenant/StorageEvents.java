package dev.dosql.internal.tenant;

import dev.dosql.RestoreProgress;
import dev.dosql.StorageEvent;
import dev.dosql.StorageEvent.Kind;
import dev.dosql.StorageListener;
import dev.dosql.storage.ship.ShipListener;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what happens between tenants and their bucket, and tells the application's listener. */
final class StorageEvents implements ShipListener {
  private static final Logger log = LoggerFactory.getLogger("dev.dosql.storage");

  private final @Nullable StorageListener listener;
  private volatile Consumer<String> visitor = tenant -> {};

  StorageEvents(@Nullable StorageListener listener) {
    this.listener = listener;
  }

  /** Says who opens a closed tenant once more, so that what is left of it is captured. */
  void visitBy(Consumer<String> value) {
    visitor = value;
  }

  void on(Kind kind, String tenant, String detail, @Nullable Throwable cause) {
    if (kind == Kind.HYDRATED || kind == Kind.ROLLED_FORWARD || kind == Kind.SHIPPING_RECOVERED) {
      log.info("{}: {} (tenant={})", kind, detail, tenant);
    } else {
      log.warn(
          "{}: {} (tenant={}, cause={})",
          kind,
          detail,
          tenant,
          cause == null ? "none" : cause.toString());
    }
    if (listener != null) {
      try {
        listener.on(new StorageEvent(kind, tenant, detail, cause));
      } catch (RuntimeException e) {
        log.warn("listener failed (tenant={}, event={})", tenant, kind, e);
      }
    }
  }

  /** Tells how far a restore of a tenant is. */
  dev.dosql.storage.replica.RestoreProgress progress(String tenant) {
    return done ->
        onRestore(
            new RestoreProgress(tenant, done.bytesDone(), done.bytesKnown(), done.segments()));
  }

  private void onRestore(RestoreProgress progress) {
    if (listener != null) {
      try {
        listener.onRestore(progress);
      } catch (RuntimeException e) {
        log.warn("listener failed (tenant={})", progress.tenant(), e);
      }
    }
  }

  @Override
  public void failed(String tenant, IOException cause) {
    on(Kind.SHIPPING_FAILED, tenant, "is tried again", cause);
  }

  @Override
  public void recovered(String tenant) {
    on(Kind.SHIPPING_RECOVERED, tenant, "the bucket answers again", null);
  }

  @Override
  public void imageTaken(String tenant, String reason) {
    on(Kind.WHOLE_IMAGE, tenant, reason, null);
  }

  @Override
  public void degraded(String tenant, String detail) {
    on(Kind.DEGRADED, tenant, detail, null);
  }

  @Override
  public void fenced(String tenant, IOException cause) {
    on(Kind.FENCED, tenant, "another process owns it", cause);
  }

  @Override
  public void uncaptured(String tenant) {
    visitor.accept(tenant);
  }
}
