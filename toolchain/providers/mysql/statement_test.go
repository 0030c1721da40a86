package mysql

import (
	"errors"
	"io"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"
)

func text(value string) *string { return &value }

func equal(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestIdentifiersAreQuotedWhateverTheyHold(t *testing.T) {
	equal(t, quoted("platform"), "`platform`")
	equal(t, quoted("a`; DROP DATABASE b; --"), "`a``; DROP DATABASE b; --`")
}

func TestDatabaseStatements(t *testing.T) {
	args := DatabaseArgs{Name: "platform", DefaultCharacterSet: text("utf8mb4"), DefaultCollation: text("utf8mb4_0900_bin")}
	created := createDatabase(args)
	equal(t, created.query, "CREATE DATABASE `platform` CHARACTER SET ? COLLATE ?")
	if len(created.values) != 2 || created.values[0] != "utf8mb4" || created.values[1] != "utf8mb4_0900_bin" {
		t.Errorf("values: %v", created.values)
	}
	equal(t, createDatabase(DatabaseArgs{Name: "plain"}).query, "CREATE DATABASE `plain`")
	equal(t, alterDatabase(args).query, "ALTER DATABASE `platform` CHARACTER SET ? COLLATE ?")
	equal(t, dropDatabase("platform").query, "DROP DATABASE IF EXISTS `platform`")
}

func TestPasswordsAreValuesNeverSQL(t *testing.T) {
	password := `it's "a" \ secret`
	s := createUser(UserArgs{User: "capture", Host: text("%"), PlaintextPassword: &password})
	equal(t, s.query, "CREATE USER ?@? IDENTIFIED BY ? REQUIRE NONE")
	if len(s.values) != 3 || s.values[2] != password {
		t.Errorf("values: %v", s.values)
	}
	if strings.Contains(s.query+s.what, password) {
		t.Error("the password stands where errors show it")
	}
}

func TestUserStatements(t *testing.T) {
	withPlugin := UserArgs{User: "a", AuthPlugin: text("auth`socket"), TLSOption: text("ssl")}
	equal(t, createUser(withPlugin).query, "CREATE USER ?@? IDENTIFIED WITH `auth``socket` REQUIRE SSL")
	equal(t, createUser(withPlugin).what, "create user a@localhost")
	equal(t, alterUser(UserArgs{User: "a", Password: text("old name")}).query, "ALTER USER ?@? IDENTIFIED BY ? REQUIRE NONE")
	equal(t, dropUser(account{"a", "%"}).query, "DROP USER IF EXISTS ?@?")
}

func TestAnErrorShowsNoPassword(t *testing.T) {
	s := createUser(UserArgs{User: "a", PlaintextPassword: text("hunter2")})
	for _, refusal := range []*driver.MySQLError{
		// MySQL shows the first 80 characters of what it cannot parse: a part of a long password, too.
		{Number: parseError, SQLState: [5]byte{'4', '2', '0', '0', '0'}, Message: "near ''hunt' at line 1"},
		{Number: 1819, Message: "hunter2 is too short"},
	} {
		message := s.failure(refusal).Error()
		if strings.Contains(message, "hunt") {
			t.Errorf("shown: %s", message)
		}
		if !strings.Contains(message, "create user a@localhost") {
			t.Errorf("does not say what failed: %s", message)
		}
	}
}

func TestAnErrorSaysWhatToDo(t *testing.T) {
	exists := &driver.MySQLError{Number: databaseExists, Message: "Can't create database 'platform'; database exists"}
	message := createDatabase(DatabaseArgs{Name: "platform"}).failure(exists).Error()
	for _, part := range []string{"create database platform", "database exists", "pulumi import"} {
		if !strings.Contains(message, part) {
			t.Errorf("%q is missing in: %s", part, message)
		}
	}
}

func TestAccounts(t *testing.T) {
	for _, who := range []account{{"capture", "%"}, {"odd@name", "10.0.0.1"}} {
		parsed, err := parseAccount(who.String())
		if err != nil || parsed != who {
			t.Errorf("%v became %v, %v", who, parsed, err)
		}
	}
	if _, err := parseAccount("nobody"); err == nil {
		t.Error("an account without host was taken")
	}
}

func TestOnlyWhatMayPassIsTriedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"no answer":            {io.EOF, true},
		"half an answer":       {driver.ErrInvalidConn, true},
		"too many connections": {&driver.MySQLError{Number: tooManyConnections}, true},
		"shutting down":        {&driver.MySQLError{Number: shutdownInProgress}, true},
		"wrong password":       {&driver.MySQLError{Number: 1045}, false},
		"wrapped":              {errors.Join(&driver.MySQLError{Number: 1045}), false},
	} {
		if got := mayPass(test.err); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestTLSOptions(t *testing.T) {
	equal(t, tlsOptionOf(""), "NONE")
	equal(t, tlsOptionOf("ANY"), "SSL")
	equal(t, tlsOptionOf("X509"), "X509")
}
