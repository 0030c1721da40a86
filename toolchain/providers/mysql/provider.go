// Package mysql is the Pulumi plugin behind npm's @pulumi/mysql, for machines that cannot download the official one.
// It has that package's tokens and property names for Provider, Database, User and Grant.
package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	driver "github.com/go-sql-driver/mysql"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// Provider is the plugin.
func Provider() p.Provider {
	provider := infer.Provider(infer.Options{
		Config: infer.Config(&Config{}),
		Resources: []infer.InferredResource{
			infer.Resource(&Database{}),
			infer.Resource(&User{}),
			infer.Resource(&Grant{}),
		},
	})
	provider.DiffConfig = updatesOnly(provider.DiffConfig)
	return provider
}

// updatesOnly takes a new address or password of the server as a change of the provider, where infer would replace
// it, and with it every database.
func updatesOnly(
	diff func(context.Context, p.DiffRequest) (p.DiffResponse, error),
) func(context.Context, p.DiffRequest) (p.DiffResponse, error) {
	inPlace := map[p.DiffKind]p.DiffKind{
		p.AddReplace: p.Add, p.DeleteReplace: p.Delete, p.UpdateReplace: p.Update,
	}
	return func(ctx context.Context, req p.DiffRequest) (p.DiffResponse, error) {
		resp, err := diff(ctx, req)
		for property, change := range resp.DetailedDiff {
			if kind, replaces := inPlace[change.Kind]; replaces {
				change.Kind = kind
				resp.DetailedDiff[property] = change
			}
		}
		return resp, err
	}
}

// Config is how to reach the server: the arguments of npm's Provider, except proxy and authenticationPlugin, which
// this plugin does not use.
type Config struct {
	Endpoint           string  `pulumi:"endpoint,optional"`
	Username           string  `pulumi:"username,optional"`
	Password           *string `pulumi:"password,optional" provider:"secret"`
	TLS                *string `pulumi:"tls,optional"`
	MaxConnLifetimeSec *int    `pulumi:"maxConnLifetimeSec,optional"`
	MaxOpenConns       *int    `pulumi:"maxOpenConns,optional"`

	server *server
}

func (c *Config) Annotate(a infer.Annotator) {
	a.Describe(&c.Endpoint, "host:port, or the path of a Unix socket.")
	a.Describe(&c.TLS, "false (the default), true, skip-verify or preferred.")
	a.Describe(&c.MaxConnLifetimeSec, "Seconds after which a connection is renewed. Default: never.")
	a.Describe(&c.MaxOpenConns, "Connections at most. Default: 5.")
}

// Configure opens no connection: at a preview the server need not exist yet.
func (c *Config) Configure(context.Context) error {
	connector, err := driver.NewConnector(c.driverConfig())
	if err != nil {
		return fmt.Errorf("these settings of the MySQL provider make no sense: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(orElse(c.MaxOpenConns, 5))
	db.SetConnMaxLifetime(time.Duration(orElse(c.MaxConnLifetimeSec, 0)) * time.Second)
	c.server = &server{db: db, address: c.Endpoint}
	return nil
}

func (c *Config) driverConfig() *driver.Config {
	config := driver.NewConfig()
	config.Net, config.Addr = "tcp", c.Endpoint
	if strings.HasPrefix(c.Endpoint, "/") {
		config.Net = "unix"
	}
	config.User = c.Username
	config.Passwd = orElse(c.Password, "")
	config.TLSConfig = orElse(c.TLS, "false")
	config.Timeout = 5 * time.Second
	// CREATE USER and GRANT cannot be prepared, so the driver quotes the values.
	config.InterpolateParams = true
	// Without a word while the server starts: what went wrong is in the error in the end.
	config.Logger = &driver.NopLogger{}
	return config
}

// server is a MySQL server that may still be starting.
type server struct {
	db      *sql.DB
	address string
	// silent: a refresh waited for it in vain.
	silent atomic.Bool
}

func serverOf(ctx context.Context) *server {
	return infer.GetConfig[Config](ctx).server
}

const (
	// startTime is how long a server may take until it answers; a first start with its initialisation took 11 s.
	startTime = time.Minute
	// refreshTime is the same for a refresh, which goes on without an answer.
	refreshTime = 20 * time.Second
	// statementTime bounds one statement. Dropping a large database takes seconds.
	statementTime = 5 * time.Minute
)

// run executes the statements in order, once the server answers.
func (s *server) run(ctx context.Context, statements ...statement) error {
	if err := s.wait(ctx, startTime); err != nil {
		return err
	}
	for _, statement := range statements {
		bounded, cancel := context.WithTimeout(ctx, statementTime)
		_, err := s.db.ExecContext(bounded, statement.query, statement.values...)
		cancel()
		if err != nil {
			return statement.failure(err)
		}
	}
	return nil
}

// query hands every row of the statement's result to scan, once the server answers.
func (s *server) query(ctx context.Context, statement statement, scan func(*sql.Rows) error) error {
	if err := s.wait(ctx, startTime); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, statementTime)
	defer cancel()
	rows, err := s.db.QueryContext(bounded, statement.query, statement.values...)
	if err != nil {
		return statement.failure(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// noAnswer is the error of a server that is not there, or not yet.
type noAnswer struct {
	address string
	waited  time.Duration
	last    error
}

func (e noAnswer) Error() string {
	return fmt.Sprintf("MySQL at %s does not answer, waited %s (is its container healthy?): %v", e.address, e.waited, e.last)
}

// wait returns when the server answers, or with a noAnswer when patience is over.
func (s *server) wait(ctx context.Context, patience time.Duration) error {
	if s.address == "" {
		return errors.New("the MySQL provider has no endpoint: give it host:port")
	}
	deadline := time.Now().Add(patience)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := s.db.PingContext(ctx)
		switch {
		case err == nil:
			s.silent.Store(false)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !mayPass(err):
			return fmt.Errorf("MySQL at %s refuses the connection: %w", s.address, err)
		case time.Now().After(deadline):
			return noAnswer{s.address, patience, err}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// silence is why a refresh cannot ask the server, or nil. It waits once, not once for every resource.
func (s *server) silence(ctx context.Context) error {
	patience := refreshTime
	if s.silent.Load() {
		patience = 0
	}
	err := s.wait(ctx, patience)
	if !errors.As(err, &noAnswer{}) {
		return nil // whatever else is wrong, the question itself meets it, too
	}
	s.silent.Store(true)
	return err
}

// keep is a refresh that leaves a resource as it was, where the server is down: the update that brings the server
// back would not begin if the refresh before it failed.
func keep[I, O any](
	ctx context.Context, req infer.ReadRequest[I, O], why error,
) (infer.ReadResponse[I, O], error) {
	p.GetLogger(ctx).Warningf("taken to be as it was: %v", why)
	return infer.ReadResponse[I, O]{ID: req.ID, Inputs: req.Inputs, State: req.State}, nil
}

// mayPass tells whether a connection fails only because the server starts, stops or is busy.
func mayPass(err error) bool {
	var refusal *driver.MySQLError
	if !errors.As(err, &refusal) {
		return true // no answer, or half of one
	}
	return refusal.Number == tooManyConnections || refusal.Number == shutdownInProgress
}

func orElse[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}
