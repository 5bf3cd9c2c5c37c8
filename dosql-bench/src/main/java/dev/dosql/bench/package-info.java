/**
 * What the library costs, beside what its users would write without it: everything is measured
 * through the public API, next to its peer, in one run.
 */
@NullMarked
package dev.dosql.bench;

import org.jspecify.annotations.NullMarked;
