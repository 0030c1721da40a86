/** The second job: from the topics into the warehouse. */
package io.tributary.sync;
