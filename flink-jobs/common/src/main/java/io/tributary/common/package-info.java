/** What capture and sync must agree on: arguments, tables, the change event and its version. */
package io.tributary.common;
