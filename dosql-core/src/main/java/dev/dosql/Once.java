package dev.dosql;

import org.jspecify.annotations.Nullable;

/**
 * What work under a key returned, now or when it ran.
 *
 * @param <T> the type of the value
 * @param value what the work returned, as it is read back: the same for every call of the key
 * @param replayed true if the work had run before and not for this call
 */
public record Once<T extends @Nullable Object>(T value, boolean replayed) {}
