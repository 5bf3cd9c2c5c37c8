package dev.dosql.examples.api;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a PATCH changes of a user. Null leaves a member as it is; of {@code bio}, which may also be
 * taken away, an empty {@code Optional} does that.
 */
record UserChanges(@Nullable String name, @Nullable String email, @Nullable Optional<String> bio) {

  boolean isEmpty() {
    return name == null && email == null && bio == null;
  }
}
