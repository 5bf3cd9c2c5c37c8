/** How the public types do it: text, hashes and passwords; nothing here knows a web framework. */
@NullMarked
package dev.dosql.web.internal;

import org.jspecify.annotations.NullMarked;
