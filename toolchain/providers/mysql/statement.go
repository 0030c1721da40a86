package mysql

import (
	"errors"
	"fmt"
	"strings"

	driver "github.com/go-sql-driver/mysql"
)

// Numbers of MySQL's errors that mean something to this plugin.
const (
	tooManyConnections = 1040
	shutdownInProgress = 1053
	databaseExists     = 1007
	parseError         = 1064
	userNotCreated     = 1396
)

// statement is SQL with its values apart: the driver quotes them as the server's SQL mode wants it.
type statement struct {
	query  string
	values []any
	// what the statement does, to name it in errors: never holds a password.
	what string
	// secret is the password among the values.
	secret string
}

// failure says what failed, without the password: MySQL quotes the statement's text where it cannot parse it.
func (s statement) failure(err error) error {
	var refusal *driver.MySQLError
	if !errors.As(err, &refusal) {
		return fmt.Errorf("could not %s: %w", s.what, err)
	}
	message := refusal.Message
	if s.secret != "" && (refusal.Number == parseError || strings.Contains(message, s.secret)) {
		message = "not shown, because it may hold the password"
	}
	hint := ""
	if refusal.Number == databaseExists || refusal.Number == userNotCreated {
		hint = " (if it exists already, drop it or take it over with `pulumi import`)"
	}
	return fmt.Errorf("MySQL did not %s: error %d (%s): %s%s", s.what, refusal.Number, refusal.SQLState, message, hint)
}

// account is MySQL's name of a user: where it may connect from is part of it.
type account struct {
	user, host string
}

func (a account) String() string {
	return fmt.Sprintf("%s@%s", a.user, a.host)
}

// parseAccount is the opposite of String. A host never holds an @.
func parseAccount(text string) (account, error) {
	at := strings.LastIndex(text, "@")
	if at < 1 {
		return account{}, fmt.Errorf("%q is not a MySQL user: write user@host", text)
	}
	return account{user: text[:at], host: text[at+1:]}, nil
}

// quoted makes an identifier of any text.
func quoted(name string) string {
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

func createDatabase(args DatabaseArgs) statement {
	return describeDatabase("CREATE", args)
}

func alterDatabase(args DatabaseArgs) statement {
	return describeDatabase("ALTER", args)
}

func describeDatabase(verb string, args DatabaseArgs) statement {
	s := statement{
		query: verb + " DATABASE " + quoted(args.Name),
		what:  fmt.Sprintf("%s database %s", strings.ToLower(verb), args.Name),
	}
	if args.DefaultCharacterSet != nil {
		s.query += " CHARACTER SET ?"
		s.values = append(s.values, *args.DefaultCharacterSet)
	}
	if args.DefaultCollation != nil {
		s.query += " COLLATE ?"
		s.values = append(s.values, *args.DefaultCollation)
	}
	return s
}

func dropDatabase(name string) statement {
	return statement{query: "DROP DATABASE IF EXISTS " + quoted(name), what: "drop database " + name}
}

func createUser(args UserArgs) statement {
	return describeUser("CREATE", args)
}

func alterUser(args UserArgs) statement {
	return describeUser("ALTER", args)
}

func describeUser(verb string, args UserArgs) statement {
	who := args.account()
	s := statement{
		query:  verb + " USER ?@?",
		values: []any{who.user, who.host},
		what:   fmt.Sprintf("%s user %s", strings.ToLower(verb), who),
	}
	switch {
	case args.AuthPlugin != nil:
		s.query += " IDENTIFIED WITH " + quoted(*args.AuthPlugin)
	case args.password() != "":
		s.query += " IDENTIFIED BY ?"
		s.values = append(s.values, args.password())
		s.secret = args.password()
	}
	s.query += " REQUIRE " + strings.ToUpper(orElse(args.TLSOption, "NONE"))
	return s
}

func dropUser(who account) statement {
	return statement{
		query:  "DROP USER IF EXISTS ?@?",
		values: []any{who.user, who.host},
		what:   fmt.Sprintf("drop user %s", who),
	}
}
