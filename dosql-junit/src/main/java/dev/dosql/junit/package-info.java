/**
 * What a test asks for: {@link dev.dosql.junit.DoSqlTest} and the extension behind it. It sees the
 * public API of DoSQL only.
 */
@NullMarked
package dev.dosql.junit;

import org.jspecify.annotations.NullMarked;
