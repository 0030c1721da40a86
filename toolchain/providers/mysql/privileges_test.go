package mysql

import (
	"fmt"
	"strings"
	"testing"
)

func set(names string) privileges {
	if names == "" {
		return nil
	}
	return privileges(strings.Split(names, ",")).sorted()
}

func TestPrivilegesAreSpeltAsMySQLDoes(t *testing.T) {
	parsed, err := parsePrivileges([]string{" select", "Replication  Client", "SELECT", "all"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, strings.Join(parsed, ","), "ALL PRIVILEGES,REPLICATION CLIENT,SELECT")
}

func TestPrivilegesThatAreNoNamesAreRefused(t *testing.T) {
	for _, name := range []string{"", "SELECT ON *.* TO root; --", "SELECT (a)", "GRANT OPTION"} {
		if parsed, err := parsePrivileges([]string{name}); err == nil {
			t.Errorf("%q was taken as %v", name, parsed)
		}
	}
}

func TestChanges(t *testing.T) {
	for name, test := range map[string]struct {
		granted, wanted, actual string
		grant, revoke           string
	}{
		"first grant":                        {"", "SELECT", "", "SELECT", ""},
		"nothing to do":                      {"SELECT", "SELECT", "SELECT", "", ""},
		"what stays is left alone":           {"INSERT,SELECT", "SELECT,UPDATE", "INSERT,SELECT", "UPDATE", "INSERT"},
		"others' privileges are left alone":  {"SELECT", "INSERT", "DELETE,SELECT", "INSERT", "SELECT"},
		"what is gone is not revoked":        {"INSERT,SELECT", "SELECT", "SELECT", "", ""},
		"a lost privilege comes back":        {"INSERT,SELECT", "INSERT,SELECT", "SELECT", "INSERT", ""},
		"all in place of some":               {"SELECT", "ALL PRIVILEGES", "SELECT", "ALL PRIVILEGES", ""},
		"some in place of all":               {"DROP,SELECT,UPDATE", "SELECT", "DROP,SELECT,UPDATE", "", "DROP,UPDATE"},
		"the right to grant goes":            {"GRANT OPTION,SELECT", "SELECT", "GRANT OPTION,SELECT", "", "GRANT OPTION"},
		"the right to grant goes, all stays": {"DROP,GRANT OPTION", "ALL PRIVILEGES", "DROP,GRANT OPTION", "ALL PRIVILEGES", "GRANT OPTION"},
	} {
		grant, revoke := changes(set(test.granted), set(test.wanted), set(test.actual))
		if fmt.Sprint(grant) != fmt.Sprint(set(test.grant)) || fmt.Sprint(revoke) != fmt.Sprint(set(test.revoke)) {
			t.Errorf("%s: grants %v, revokes %v", name, grant, revoke)
		}
	}
}

func TestExpected(t *testing.T) {
	for name, test := range map[string]struct{ wanted, actual, want string }{
		"single ones":                {"SELECT", "DELETE,SELECT", "SELECT"},
		"all":                        {"ALL PRIVILEGES", "DROP,GRANT OPTION,SELECT", "DROP,SELECT"},
		"all and the right to grant": {"ALL PRIVILEGES,GRANT OPTION", "DROP,GRANT OPTION", "DROP,GRANT OPTION"},
	} {
		if got := expected(set(test.wanted), set(test.actual)); fmt.Sprint(got) != fmt.Sprint(set(test.want)) {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestGrantStatements(t *testing.T) {
	who, on := account{"capture", "%"}, scope{"platform", everything}
	equal(t, grantStatement(who, on, set("INSERT,SELECT")).query, "GRANT INSERT, SELECT ON `platform`.* TO ?@?")
	equal(t, grantStatement(who, on, set("GRANT OPTION,SELECT")).query,
		"GRANT SELECT ON `platform`.* TO ?@? WITH GRANT OPTION")
	equal(t, grantStatement(who, on, set("GRANT OPTION")).query, "GRANT USAGE ON `platform`.* TO ?@? WITH GRANT OPTION")
	equal(t, revokeStatement(who, on, set("GRANT OPTION,SELECT")).query,
		"REVOKE GRANT OPTION, SELECT ON `platform`.* FROM ?@?")
}

func TestScopes(t *testing.T) {
	equal(t, scope{everything, everything}.sql(), "*.*")
	equal(t, scope{"platform", "orders"}.sql(), "`platform`.`orders`")
	// A name is no pattern: my_db must not reach myXdb.
	equal(t, scope{"my_db%", everything}.sql(), "`my\\_db\\%`.*")
	equal(t, scope{"my_db", "a_b"}.sql(), "`my_db`.`a_b`")
}

func TestLookupAsksForTheScopeAsMySQLKeepsIt(t *testing.T) {
	who := account{"capture", "%"}
	for want, on := range map[string]scope{
		"USER_PRIVILEGES ['capture'@'%']":               {everything, everything},
		"SCHEMA_PRIVILEGES ['capture'@'%' my\\_db]":     {"my_db", everything},
		"TABLE_PRIVILEGES ['capture'@'%' my_db orders]": {"my_db", "orders"},
	} {
		s := lookup(who, on)
		table := strings.Fields(strings.SplitAfter(s.query, "information_schema.")[1])[0]
		equal(t, fmt.Sprintf("%s %v", table, s.values), want)
	}
}
