/** What flows through the job. */
package io.tributary.sync.records;
