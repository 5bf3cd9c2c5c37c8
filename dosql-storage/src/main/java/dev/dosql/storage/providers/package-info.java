/** Opens the stores of this module by URI: one provider for each scheme. */
package dev.dosql.storage.providers;
