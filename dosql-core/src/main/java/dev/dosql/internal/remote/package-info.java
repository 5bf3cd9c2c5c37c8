/**
 * What a client of a remote database and the server of one need of this module: values as a local
 * call stores and reads them, and what a statement's text tells. Exported to {@code dev.dosql.web}
 * alone; nothing in here opens, reads or writes a database.
 */
@NullMarked
package dev.dosql.internal.remote;

import org.jspecify.annotations.NullMarked;
