package io.tributary.clickhouse.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tributary.clickhouse.ClickHouseConnection;
import io.tributary.clickhouse.rowbinary.RowBuffer;
import io.tributary.clickhouse.schema.Column;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A stand-in for ClickHouse's HTTP port, for faults that a real server does not make on demand. It
 * knows no SQL.
 *
 * <p>What it keeps of ClickHouse's contract: the question for the columns of tables is answered in
 * RowBinaryWithNamesAndTypes. An insert names its table and columns in the query parameter and
 * brings rows in RowBinaryWithDefaults as the body; it is stored whole, or refused whole with an
 * HTTP error, the header X-ClickHouse-Exception-Code and "Code: N. DB::Exception: …" as the body.
 * Rows that do not decode to the last byte are refused with code 33. An insert of a row that is
 * there already finds none. Tests against the real server ({@code *ITCase}) show that the sink gets
 * on with the original.
 */
public final class ClickHouseStub implements AutoCloseable {
  private static final Pattern INSERT =
      Pattern.compile("INSERT INTO `\\w+`\\.`(\\w+)` \\((.*?)\\) +FORMAT RowBinaryWithDefaults");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, List<Column>> tables = new ConcurrentHashMap<>();
  private final List<Insert> stored = new CopyOnWriteArrayList<>();
  private final List<Insert> seen = new CopyOnWriteArrayList<>();
  private volatile Script script = insert -> Answer.STORED;

  /** An insert as it arrived: each row a map from column to value, without defaulted columns. */
  public record Insert(
      String table, List<Map<String, Object>> rows, Map<String, String> settings) {}

  /** What the server says to an insert. */
  public record Answer(int httpStatus, int code, String message) {
    /** Taken. */
    public static final Answer STORED = new Answer(200, 0, "");

    /** No answer at all: the connection is closed. */
    public static final Answer HANG_UP = new Answer(0, 0, "");

    /** Refused with one of ClickHouse's codes. */
    public static Answer refused(int code, String name) {
      return new Answer(
          500, code, "Code: %d. DB::Exception: as the script says. (%s)".formatted(code, name));
    }
  }

  /** Decides about each insert; may wait. */
  @FunctionalInterface
  public interface Script {
    /** The answer to an insert. */
    Answer answer(Insert insert) throws InterruptedException;
  }

  /** Starts the server on a free port. */
  public ClickHouseStub() throws IOException {
    this(0);
  }

  /** Starts the server on a given port. */
  public ClickHouseStub(int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  /** Where it listens. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** How the sink reaches it. */
  public ClickHouseConnection connection(Path folder) throws IOException {
    Path password = Files.writeString(folder.resolve("password"), "secret\n");
    return new ClickHouseConnection(
        "http://127.0.0.1:" + port(), "sync", password.toString(), "platform");
  }

  /** Adds a table. */
  public ClickHouseStub withTable(String name, Column... columns) {
    tables.put(name, List.of(columns));
    return this;
  }

  /** What it says from now on. */
  public void onInsert(Script newScript) {
    script = newScript;
  }

  /** The inserts it stored, in order. */
  public List<Insert> stored() {
    return stored;
  }

  /** Every insert it answered or is about to, stored or not. */
  public List<Insert> seen() {
    return seen;
  }

  /** The rows it stored in a table, in order. */
  public List<Map<String, Object>> rows(String table) {
    return stored.stream()
        .filter(insert -> insert.table().equals(table))
        .flatMap(insert -> insert.rows().stream())
        .toList();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> parameters = parameters(exchange.getRequestURI().getRawQuery());
      byte[] body = exchange.getRequestBody().readAllBytes();
      Matcher insert = INSERT.matcher(parameters.getOrDefault("query", ""));
      if (insert.matches()) {
        answerInsert(exchange, insert.group(1), columnNames(insert.group(2)), body, parameters);
      } else if (new String(body, StandardCharsets.UTF_8).matches("INSERT INTO .* LIMIT 1")) {
        respond(exchange, 200, 0, new byte[0]);
      } else if (new String(body, StandardCharsets.UTF_8).contains("system.columns")) {
        respond(exchange, 200, 0, columnsOf(parameters.get("param_tables").split(",")));
      } else {
        respond(exchange, 400, 62, "Code: 62. DB::Exception: the stub knows no SQL".getBytes());
      }
    } catch (InterruptedException e) {
      // The test is over.
      Thread.currentThread().interrupt();
    }
  }

  private void answerInsert(
      HttpExchange exchange,
      String table,
      List<String> columns,
      byte[] body,
      Map<String, String> settings)
      throws IOException, InterruptedException {
    Insert insert;
    try {
      insert = new Insert(table, RowDecoder.decode(tables.get(table), columns, body), settings);
    } catch (RuntimeException e) {
      respond(exchange, 400, 33, ("Code: 33. DB::Exception: " + e).getBytes());
      return;
    }
    seen.add(insert);
    Answer answer = script.answer(insert);
    if (answer == Answer.HANG_UP) {
      return;
    }
    if (answer == Answer.STORED) {
      stored.add(insert);
    }
    respond(exchange, answer.httpStatus, answer.code, answer.message.getBytes());
  }

  private static void respond(HttpExchange exchange, int status, int code, byte[] body)
      throws IOException {
    if (code != 0) {
      exchange.getResponseHeaders().add("X-ClickHouse-Exception-Code", String.valueOf(code));
    }
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  private static Map<String, String> parameters(String query) {
    return Arrays.stream(query == null ? new String[0] : query.split("&"))
        .map(pair -> pair.split("=", 2))
        .collect(
            Collectors.toMap(
                pair -> pair[0], pair -> URLDecoder.decode(pair[1], StandardCharsets.UTF_8)));
  }

  private static List<String> columnNames(String list) {
    return Arrays.stream(list.split(",")).map(name -> name.trim().replaceAll("^`|`$", "")).toList();
  }

  private byte[] columnsOf(String... wanted) {
    RowBuffer out = new RowBuffer();
    out.varUInt(3);
    for (String header : List.of("table", "name", "type", "String", "String", "String")) {
      string(out, header);
    }
    for (String table : wanted) {
      for (Column column : tables.getOrDefault(table, List.of())) {
        string(out, table);
        string(out, column.name());
        string(out, column.type());
      }
    }
    return out.toByteArray();
  }

  private static void string(RowBuffer out, String text) {
    out.varUInt(text.length());
    out.utf8(text.toCharArray(), 0, text.length());
  }
}
