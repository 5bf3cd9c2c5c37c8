package dev.dosql.examples.api;

import jakarta.validation.ConstraintViolation;
import jakarta.validation.Validator;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.hibernate.validator.HibernateValidator;
import org.hibernate.validator.messageinterpolation.ParameterMessageInterpolator;

/** Holds records against their annotations. */
final class Validation {
  // region validator
  // No expression language: a message with a value of the request in it could be one.
  private static final Validator VALIDATOR =
      jakarta.validation.Validation.byProvider(HibernateValidator.class)
          .configure()
          .messageInterpolator(
              new ParameterMessageInterpolator(Set.of(Locale.ENGLISH), Locale.ENGLISH, false))
          .buildValidatorFactory()
          .getValidator();

  /** Returns what is valid, and names everything that is wrong with what is not. */
  static <T> T valid(T value) {
    Map<String, String> problems = new TreeMap<>();
    for (ConstraintViolation<T> violation : VALIDATOR.validate(value)) {
      problems.merge(
          violation.getPropertyPath().toString(), violation.getMessage(), (a, b) -> a + ", " + b);
    }
    if (!problems.isEmpty()) {
      throw Invalid.of(problems);
    }
    return value;
  }

  // endregion

  private Validation() {}
}
