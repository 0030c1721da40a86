/** The steps of the job. */
package io.tributary.sync.functions;
