package dev.dosql.web.internal.javalin;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * Takes the body of a request in before anything else is done for it. A client that sends a byte
 * now and then has a connection and a small buffer, but no thread, and not for longer than a body
 * may take: then the answer is 408. What is over the size is left where it is, for others to
 * refuse.
 *
 * <p>The bytes are copied: whoever keeps the server's own chunks keeps a whole buffer for each byte
 * that came alone.
 */
final class BodyFirst extends Handler.Wrapper {
  private final long bytesMax;
  private final Duration timeout;

  BodyFirst(long bytesMax, Duration timeout) {
    this.bytesMax = bytesMax;
    this.timeout = timeout;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    long length = request.getLength(); // -1 if the client does not say
    if (length == 0 || length > bytesMax) {
      return super.handle(request, response, callback);
    }
    new Intake(request, response, callback).run();
    return true;
  }

  private void go(Request request, Response response, Callback callback) {
    try {
      if (!super.handle(request, response, callback)) {
        Response.writeError(request, response, callback, 404);
      }
    } catch (Exception e) {
      Response.writeError(request, response, callback, e);
    }
  }

  /** The body of one request. Used by one thread at a time, but for the timer. */
  private final class Intake implements Runnable {
    private final Request request;
    private final Response response;
    private final Callback callback;
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private final AtomicBoolean settled = new AtomicBoolean();
    private Scheduler.@Nullable Task timer;

    Intake(Request request, Response response, Callback callback) {
      this.request = request;
      this.response = response;
      this.callback = callback;
    }

    /** Most bodies are here with their headers, and need no timer. */
    private void startTimer() {
      if (timer == null) {
        Scheduler scheduler = request.getComponents().getScheduler();
        timer = scheduler.schedule(this::giveUp, timeout.toMillis(), TimeUnit.MILLISECONDS);
      }
    }

    private void giveUp() {
      if (settled.compareAndSet(false, true)) {
        Response.writeError(request, response, callback, 408);
      }
    }

    @Override
    public void run() {
      while (!settled.get()) {
        Content.Chunk chunk = request.read();
        if (chunk == null) {
          startTimer();
          request.demand(this);
          return;
        }
        if (Content.Chunk.isFailure(chunk)) {
          settle(() -> Response.writeError(request, response, callback, 400));
          return;
        }
        boolean last = take(chunk);
        if (last || taken.size() > bytesMax) {
          settle(() -> go(new Taken(request, taken.toByteArray(), last), response, callback));
          return;
        }
      }
    }

    private boolean take(Content.Chunk chunk) {
      byte[] bytes = new byte[chunk.remaining()];
      chunk.getByteBuffer().get(bytes);
      taken.writeBytes(bytes);
      boolean last = chunk.isLast();
      chunk.release();
      return last;
    }

    private void settle(Runnable answer) {
      if (settled.compareAndSet(false, true)) {
        if (timer != null) {
          timer.cancel();
        }
        answer.run();
      }
    }
  }

  /** A request whose first bytes are here; those after them, if any, come as they ever did. */
  private static final class Taken extends Request.Wrapper {
    private Content.@Nullable Chunk taken;

    Taken(Request request, byte[] bytes, boolean last) {
      super(request);
      this.taken = Content.Chunk.from(ByteBuffer.wrap(bytes), last);
    }

    @Override
    public Content.@Nullable Chunk read() {
      Content.Chunk chunk = taken;
      taken = null;
      return chunk == null ? super.read() : chunk;
    }
  }
}
