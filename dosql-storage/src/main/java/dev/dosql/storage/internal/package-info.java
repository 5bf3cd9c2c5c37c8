/** What the packages of this module share: forcing files, and moments for tests. */
package dev.dosql.storage.internal;
