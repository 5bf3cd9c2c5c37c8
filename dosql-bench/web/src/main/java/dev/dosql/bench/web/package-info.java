/**
 * A web service on the library, measured beside the same service without it: each contestant is a
 * process of its own, asked by wrk over the loopback interface.
 */
@NullMarked
package dev.dosql.bench.web;

import org.jspecify.annotations.NullMarked;
