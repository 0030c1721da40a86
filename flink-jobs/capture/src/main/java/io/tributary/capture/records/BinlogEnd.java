package io.tributary.capture.records;

import java.io.Serializable;

/**
 * The end of the binlog at one moment.
 *
 * @param file name of the newest binlog file
 * @param pos bytes in it: where the next event will start
 * @param readAtMillis when it was read, in milliseconds since 1970
 */
public record BinlogEnd(String file, long pos, long readAtMillis) implements Serializable {}
