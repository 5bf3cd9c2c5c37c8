/** The LTX file format, to the byte. */
package dev.dosql.storage.ltx;
