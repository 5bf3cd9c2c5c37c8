/**
 * What a web service on DoSQL needs, whatever its framework: which tenant a request is of, who
 * sends it, how often it may, and what an error is to a client; and {@link
 * dev.dosql.web.DoSQLPlugin}, which ties it together for Javalin. It sees the public API of DoSQL
 * only.
 */
@NullMarked
package dev.dosql.web;

import org.jspecify.annotations.NullMarked;
