/** One open tenant: its writer and the queue before it, its readers, the forcing of its log. */
@NullMarked
package dev.dosql.internal.engine;

import org.jspecify.annotations.NullMarked;
