package dev.dosql.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dosql.DBOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
final class SharedInstanceTest {
  private ExtensionContext context;

  @RegisterExtension final BeforeEachCallback keeping = seen -> context = seen;

  @Test
  void instances_askedForSideBySide_areNoMoreThanTheBound() throws Exception {
    ExtensionContext.Store run = context.getStore(Namespace.create(new Object()));
    int callers = 2 * SharedInstance.KEPT_MAX;
    CountDownLatch all = new CountDownLatch(callers);
    ExecutorService executor = Executors.newFixedThreadPool(callers);
    try {
      List<Future<Optional<SharedInstance>>> asked = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        int number = i;
        DBOptions options =
            DBOptions.builder().function("me", 0, false, values -> (long) number).build();
        asked.add(
            executor.submit(
                () -> {
                  all.countDown();
                  all.await();
                  return SharedInstance.of(run, options);
                }));
      }
      int made = 0;
      for (Future<Optional<SharedInstance>> each : asked) {
        made += each.get(30, TimeUnit.SECONDS).isPresent() ? 1 : 0;
      }
      assertThat(made).isEqualTo(SharedInstance.KEPT_MAX);
    } finally {
      executor.shutdownNow();
    }
  }
}
