/**
 * A folder of {@code .sql} files and a connection: this package brings a schema up to date, and
 * knows one {@link javax.sql.DataSource} and one folder, never tenants and never storage.
 */
@org.jspecify.annotations.NullMarked
package dev.dosql.migrations;
