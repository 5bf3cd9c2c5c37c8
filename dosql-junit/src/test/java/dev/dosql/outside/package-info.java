/**
 * Tests of the database's public API from outside of its package, with a tenant for each from the
 * extension; those that need more than one process, or a look inside, are the core's.
 */
package dev.dosql.outside;
