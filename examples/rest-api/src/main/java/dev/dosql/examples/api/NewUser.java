package dev.dosql.examples.api;

import jakarta.validation.constraints.Email;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;

// region new-user
/** The body of a POST of a user. */
public record NewUser(
    @NotBlank @Size(max = 100) String name,
    @NotNull @Email @Size(max = 254) String email,
    @Size(max = 500) @Nullable String bio) {}
// endregion
