package dev.dosql.bench.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The load: wrk, with 16 connections, each of which sends when it has been answered. */
final class Wrk {
  static final int CONNECTIONS = 16;

  private static final Pattern RESULT = Pattern.compile("(?m)^result (.*)$");
  private static final Pattern FIELD = Pattern.compile("(\\w+)=(\\d+)");

  private final Path script;

  /** With {@code load.lua}. */
  Wrk(Path script) {
    this.script = script;
  }

  /**
   * What came of some seconds.
   *
   * @param requests how many were answered
   * @param seconds the time that it took
   * @param p50 microseconds of half of the answers
   * @param p99 microseconds of 99 of a hundred
   */
  record Result(long requests, double seconds, double p50, double p99) {
    double perSecond() {
      return requests / seconds;
    }
  }

  /**
   * Asks for some seconds.
   *
   * @param check whether each answer is looked at, which takes processors from the service
   * @throws IllegalStateException if an answer was wrong, refused or did not come
   */
  Result run(String url, Work work, int seconds, boolean check) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("wrk", "-t1", "-c" + CONNECTIONS, "-d" + seconds + "s", "--timeout", "30s"));
    command.addAll(List.of("-s", script.toString(), url, "--"));
    command.addAll(work.arguments());
    if (check) {
      command.add("check");
    }
    return parse(output(command));
  }

  private static String output(List<String> command) throws Exception {
    Process wrk = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String output = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (wrk.waitFor() != 0) {
        throw new IOException("wrk failed: " + output);
      }
      return output;
    } finally {
      wrk.destroyForcibly();
    }
  }

  /** Of what wrk printed. */
  static Result parse(String output) {
    Matcher line = RESULT.matcher(output);
    if (!line.find()) {
      throw new IllegalStateException("wrk has no result: " + output);
    }
    Map<String, Long> fields =
        FIELD
            .matcher(line.group(1))
            .results()
            .collect(
                Collectors.toMap(field -> field.group(1), field -> Long.valueOf(field.group(2))));
    if (fields.get("refused") + fields.get("wrong") + fields.get("lost") > 0) {
      throw new IllegalStateException("answers are not as they should be: " + output);
    }
    return new Result(
        fields.get("requests"), fields.get("micros") / 1e6, fields.get("p50"), fields.get("p99"));
  }
}
