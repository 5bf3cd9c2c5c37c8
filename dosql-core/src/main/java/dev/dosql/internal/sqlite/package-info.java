/** One connection to one file: the only package that calls the SQLite driver. */
@NullMarked
package dev.dosql.internal.sqlite;

import org.jspecify.annotations.NullMarked;
