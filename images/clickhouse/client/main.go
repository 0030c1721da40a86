// A small clickhouse-client over the server's HTTP interface on loopback, for the image built from packages: libchdb
// holds the server's handlers, but no client.
//
//	clickhouse-client [--query SQL]... [--format NAME] [--user NAME] [--password TEXT] [--database NAME] [--param_NAME VALUE]
//
// User, password and database default to those in /etc/clickhouse-client/config.xml, as with the official client.
// Statements come from --query or from standard input, separated by semicolons; with --query, standard input is the
// data of an INSERT. Results go to standard output, tab-separated unless told otherwise; an error goes to standard
// error with its code, and ends the run with a status other than 0.
package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
)

const (
	configPath = "/etc/clickhouse-client/config.xml"
	serverURL  = "http://127.0.0.1:8123/"
)

// settings of one run: the configuration file, then the command line.
type settings struct {
	User     string `xml:"user"`
	Password string `xml:"password"`
	Database string `xml:"database"`
	Format   string `xml:"format"`

	queries []string
	params  map[string]string
}

// failure is an error of the server, with ClickHouse's code for it.
type failure struct {
	code    int
	message string
}

func (f failure) Error() string { return f.message }

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		var f failure
		if errors.As(err, &f) && f.code%256 != 0 {
			os.Exit(f.code % 256)
		}
		os.Exit(1)
	}
}

func run(args []string, stdin io.Reader, stdout io.Writer) error {
	config, err := readConfig(configPath)
	if err != nil {
		return err
	}
	if err := parseArguments(args, config); err != nil {
		return err
	}
	if len(config.queries) == 0 {
		text, err := io.ReadAll(stdin)
		if err != nil {
			return err
		}
		for _, statement := range splitStatements(string(text)) {
			if err := send(config, statement, nil, stdout); err != nil {
				return err
			}
		}
		return nil
	}
	for _, query := range config.queries {
		for _, statement := range splitStatements(query) {
			var data io.Reader
			if isInsert(statement) {
				data = stdin
			}
			if err := send(config, statement, data, stdout); err != nil {
				return err
			}
		}
	}
	return nil
}

// readConfig reads the client's configuration; a missing file means all defaults.
func readConfig(path string) (*settings, error) {
	config := &settings{params: map[string]string{}}
	content, err := os.ReadFile(path)
	if err == nil {
		err = xml.Unmarshal(content, config)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return config, nil
}

// parseArguments reads `--name value`, `--name=value` and the short forms.
func parseArguments(args []string, config *settings) error {
	for len(args) > 0 {
		name, value, hasValue := strings.Cut(args[0], "=")
		args = args[1:]
		if name == "--multiquery" || name == "-n" || name == "--multiline" || name == "-m" {
			continue // always on
		}
		if !hasValue {
			if len(args) == 0 {
				return fmt.Errorf("clickhouse-client: %s needs a value, or is no option of this client", name)
			}
			value, args = args[0], args[1:]
		}
		switch name {
		case "--query", "-q":
			config.queries = append(config.queries, value)
		case "--user", "-u":
			config.User = value
		case "--password":
			config.Password = value
		case "--database", "-d":
			config.Database = value
		case "--format", "-f":
			config.Format = value
		default:
			if !strings.HasPrefix(name, "--param_") {
				return fmt.Errorf("clickhouse-client: %s is no option of this client; it knows "+
					"--query --format --user --password --database --param_<name>", name)
			}
			config.params[name[2:]] = value
		}
	}
	return nil
}

// send runs one statement and copies its result. data, if any, follows an INSERT.
func send(config *settings, statement string, data io.Reader, stdout io.Writer) error {
	// With wait_end_of_query an error that comes late still sets the status, instead of ending the result half-way.
	parameters := url.Values{"wait_end_of_query": {"1"}}
	for name, value := range config.params {
		parameters.Set(name, value)
	}
	if config.Database != "" {
		parameters.Set("database", config.Database)
	}
	body := io.Reader(strings.NewReader(statement))
	if data != nil {
		body = io.MultiReader(body, strings.NewReader("\n"), data)
	}
	request, err := http.NewRequest(http.MethodPost, serverURL+"?"+parameters.Encode(), body)
	if err != nil {
		return err
	}
	if config.User != "" {
		request.Header.Set("X-ClickHouse-User", config.User)
		request.Header.Set("X-ClickHouse-Key", config.Password)
	}
	if config.Format != "" {
		request.Header.Set("X-ClickHouse-Format", config.Format)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("clickhouse-client: the server does not answer: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		message, _ := io.ReadAll(response.Body)
		code, _ := strconv.Atoi(response.Header.Get("X-ClickHouse-Exception-Code"))
		return failure{code, strings.TrimSpace(string(message))}
	}
	_, err = io.Copy(stdout, response.Body)
	return err
}
