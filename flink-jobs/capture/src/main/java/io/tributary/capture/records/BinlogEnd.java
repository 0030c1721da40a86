package io.tributary.capture.records;

import java.io.Serializable;

/**
 * The end of the binlog at one moment.
 *
 * @param file name of the newest binlog file
 * @param pos bytes in it: where the next event will start
 * @param gtids the transactions before it; empty where the source does not number them
 * @param readAtMillis when it was read, in milliseconds since 1970
 */
public record BinlogEnd(String file, long pos, String gtids, long readAtMillis)
    implements Serializable {}
