package dev.dosql.examples.api;

import java.time.Instant;
import tools.jackson.databind.JsonNode;

/** Something that happened, as it is sent. */
record Event(long id, String type, JsonNode data, Instant createdAt) {}
