package io.tributary.clickhouse;

import com.clickhouse.client.api.ClientException;
import com.clickhouse.client.api.ConnectionInitiationException;
import com.clickhouse.client.api.ServerException;
import com.clickhouse.client.api.TransportException;
import java.io.IOException;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hc.core5.http.NoHttpResponseException;

/** What a failed request to the warehouse means for its rows. */
enum InsertFailure {
  /** The server could not be reached. Wait and try again. */
  UNREACHABLE,

  /**
   * The connection broke under way. Usually passes; but a server that refuses a large body early
   * may look like this too, so smaller pieces are worth a try.
   */
  BROKEN,

  /** The server cannot now, but will. Wait and try again. */
  BUSY,

  /**
   * The server lacks the memory for so many rows. Usually passes; smaller pieces are worth a try.
   */
  TOO_MUCH,

  /** The server will not have these rows. Find out which. */
  REFUSED,

  /** Nothing about these rows: table, rights, settings, or something nobody thought of. Stop. */
  FATAL;

  private static final Set<Integer> BUSY_CODES =
      Set.of(
          3, // UNEXPECTED_END_OF_FILE: the body was cut short
          159, // TIMEOUT_EXCEEDED
          160, // TOO_SLOW
          202, // TOO_MANY_SIMULTANEOUS_QUERIES
          203, // NO_FREE_CONNECTION
          209, // SOCKET_TIMEOUT
          210, // NETWORK_ERROR
          225, // NO_ZOOKEEPER
          236, // ABORTED: the server is shutting down
          242, // TABLE_IS_READ_ONLY
          243, // NOT_ENOUGH_SPACE
          252, // TOO_MANY_PARTS
          254, // NO_ACTIVE_REPLICAS
          279, // ALL_CONNECTION_TRIES_FAILED
          285, // TOO_FEW_LIVE_REPLICAS
          286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
          319, // UNKNOWN_STATUS_OF_INSERT
          394, // QUERY_WAS_CANCELLED
          425, // SYSTEM_ERROR
          439, // CANNOT_SCHEDULE_TASK
          473, // DEADLOCK_AVOIDED
          745, // SERVER_OVERLOADED
          999); // KEEPER_EXCEPTION

  private static final Set<Integer> TOO_MUCH_CODES =
      Set.of(
          173, // CANNOT_ALLOCATE_MEMORY
          241); // MEMORY_LIMIT_EXCEEDED

  private static final Set<Integer> REFUSED_CODES =
      Set.of(
          6, // CANNOT_PARSE_TEXT
          26, // CANNOT_PARSE_QUOTED_STRING
          27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
          32, // ATTEMPT_TO_READ_AFTER_EOF
          33, // CANNOT_READ_ALL_DATA
          36, // BAD_ARGUMENTS
          38, // CANNOT_PARSE_DATE
          41, // CANNOT_PARSE_DATETIME
          53, // TYPE_MISMATCH
          69, // ARGUMENT_OUT_OF_BOUND
          70, // CANNOT_CONVERT_TYPE
          72, // CANNOT_PARSE_NUMBER
          117, // INCORRECT_DATA
          128, // TOO_LARGE_ARRAY_SIZE
          131, // TOO_LARGE_STRING_SIZE
          153, // ILLEGAL_DIVISION
          321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
          349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
          376, // CANNOT_PARSE_UUID
          395, // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
          407, // DECIMAL_OVERFLOW
          469, // VIOLATED_CONSTRAINT
          691); // UNKNOWN_ELEMENT_OF_ENUM

  private static final int HTTP_REQUEST_TIMEOUT = 408;
  private static final int HTTP_TOO_MANY_REQUESTS = 429;
  private static final int HTTP_SERVER_ERROR = 500;

  /** Judges what the client threw. */
  static InsertFailure of(Throwable thrown) {
    if (isHungUp(thrown)) {
      return BROKEN;
    }
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof ServerException answer) {
        return ofAnswer(answer);
      }
      if (t instanceof ConnectionInitiationException) {
        return UNREACHABLE;
      }
      if (t instanceof TransportException || t instanceof IOException) {
        return BROKEN;
      }
      // The client throws this for an HTTP status it does not know, which only a proxy sends.
      if (t instanceof ClientException && isPassingStatus(t.getMessage())) {
        return BUSY;
      }
    }
    return FATAL;
  }

  /**
   * Whether the server took the request and hung up without a word, as one does that dies of it.
   * The client says of that, too, that no connection could be made.
   */
  private static boolean isHungUp(Throwable thrown) {
    return Stream.iterate(thrown, Objects::nonNull, Throwable::getCause)
        .anyMatch(NoHttpResponseException.class::isInstance);
  }

  /** Whether the same rows may go in later. */
  boolean passes() {
    return this == UNREACHABLE || this == BUSY || mayBeSize();
  }

  /** Whether fewer of these rows may go in where all together do not. */
  boolean mayBeSize() {
    return this == BROKEN || this == TOO_MUCH;
  }

  private static InsertFailure ofAnswer(ServerException answer) {
    int code = answer.getCode();
    if (code == ServerException.CODE_UNKNOWN) {
      // Not ClickHouse's words: a proxy, or a server that is coming up or going down.
      return answer.getTransportProtocolCode() >= HTTP_SERVER_ERROR ? BUSY : FATAL;
    }
    if (BUSY_CODES.contains(code)) {
      return BUSY;
    }
    if (TOO_MUCH_CODES.contains(code)) {
      return TOO_MUCH;
    }
    return REFUSED_CODES.contains(code) ? REFUSED : FATAL;
  }

  private static boolean isPassingStatus(String message) {
    return message != null
        && (message.endsWith(" " + HTTP_REQUEST_TIMEOUT)
            || message.endsWith(" " + HTTP_TOO_MANY_REQUESTS)
            || message.matches(".* 5\\d\\d"));
  }
}
