/** Files and directories that must still be there after a crash. */
@NullMarked
package dev.dosql.internal.files;

import org.jspecify.annotations.NullMarked;
