/**
 * The steps of a request in Javalin; the only package but the plugin's that knows the framework.
 */
@NullMarked
package dev.dosql.web.internal.javalin;

import org.jspecify.annotations.NullMarked;
