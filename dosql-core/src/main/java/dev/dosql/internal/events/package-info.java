/** What a flight recording sees of the library: the JFR events, and nothing else. */
@NullMarked
package dev.dosql.internal.events;

import org.jspecify.annotations.NullMarked;
