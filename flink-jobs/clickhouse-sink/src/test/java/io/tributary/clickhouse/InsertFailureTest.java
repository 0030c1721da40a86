package io.tributary.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import com.clickhouse.client.api.ClickHouseException;
import com.clickhouse.client.api.ClientException;
import com.clickhouse.client.api.ClientMisconfigurationException;
import com.clickhouse.client.api.ConnectionInitiationException;
import com.clickhouse.client.api.DataTransferException;
import com.clickhouse.client.api.ServerException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.stream.Stream;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class InsertFailureTest {

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(
            new ConnectionInitiationException("", new ConnectException("refused")),
            InsertFailure.UNREACHABLE),
        Arguments.of(
            new ConnectionInitiationException("", new NoHttpResponseException("no answer")),
            InsertFailure.BROKEN),
        Arguments.of(
            new DataTransferException("", new SocketException("Connection reset")),
            InsertFailure.BROKEN),
        Arguments.of(
            new DataTransferException("", new SocketTimeoutException()), InsertFailure.BROKEN),
        Arguments.of(
            new ClickHouseException("", new RuntimeException(new SocketException())),
            InsertFailure.BROKEN),
        Arguments.of(answer(252, 500), InsertFailure.BUSY),
        Arguments.of(answer(241, 500), InsertFailure.TOO_MUCH),
        Arguments.of(answer(173, 500), InsertFailure.TOO_MUCH),
        Arguments.of(answer(3, 400), InsertFailure.BUSY),
        Arguments.of(answer(159, 500), InsertFailure.BUSY),
        Arguments.of(answer(202, 500), InsertFailure.BUSY),
        Arguments.of(answer(242, 500), InsertFailure.BUSY),
        Arguments.of(answer(243, 500), InsertFailure.BUSY),
        Arguments.of(answer(0, 500), InsertFailure.BUSY),
        Arguments.of(new ClientException("Unexpected result status 504"), InsertFailure.BUSY),
        Arguments.of(new ClientException("Unexpected result status 429"), InsertFailure.BUSY),
        Arguments.of(
            new ClientException(
                "Failed to get query response",
                new ClientException("Unexpected result status 503")),
            InsertFailure.BUSY),
        Arguments.of(new ClickHouseException("", answer(117, 400)), InsertFailure.REFUSED),
        Arguments.of(answer(469, 500), InsertFailure.REFUSED),
        Arguments.of(answer(32, 400), InsertFailure.REFUSED),
        Arguments.of(answer(33, 400), InsertFailure.REFUSED),
        Arguments.of(answer(53, 400), InsertFailure.REFUSED),
        Arguments.of(answer(164, 500), InsertFailure.FATAL),
        Arguments.of(answer(497, 500), InsertFailure.FATAL),
        Arguments.of(answer(60, 404), InsertFailure.FATAL),
        Arguments.of(answer(16, 404), InsertFailure.FATAL),
        Arguments.of(answer(516, 403), InsertFailure.FATAL),
        Arguments.of(answer(0, 403), InsertFailure.FATAL),
        Arguments.of(answer(123_456, 500), InsertFailure.FATAL),
        Arguments.of(new ClientException("Unexpected result status 302"), InsertFailure.FATAL),
        Arguments.of(new ClientMisconfigurationException("no endpoint"), InsertFailure.FATAL),
        Arguments.of(new IllegalStateException(), InsertFailure.FATAL));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void judges(Throwable thrown, InsertFailure expected) {
    assertThat(InsertFailure.of(thrown)).isEqualTo(expected);
  }

  private static ServerException answer(int code, int httpStatus) {
    return new ServerException(code, "Code: " + code, httpStatus, "query");
  }
}
