package mysql

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// MySQL's names of what a grant may hold beside single privileges.
const (
	allPrivileges = "ALL PRIVILEGES"
	grantOption   = "GRANT OPTION"
	noPrivilege   = "USAGE"
)

// everything is the name for all databases, or all tables of one.
const everything = "*"

// scope is what privileges are granted on: everything, one database, or one table.
type scope struct {
	database, table string
}

func (s scope) String() string {
	return s.database + "." + s.table
}

// sql names the scope in GRANT and REVOKE. There the name of a database is a pattern, unless a table follows, so its
// wildcards are escaped: a grant on `my_db` must not reach `myXdb`.
func (s scope) sql() string {
	switch {
	case s.database == everything:
		return "*.*"
	case s.table == everything:
		return quoted(s.pattern()) + ".*"
	default:
		return quoted(s.database) + "." + quoted(s.table)
	}
}

// pattern matches exactly the database of this name.
func (s scope) pattern() string {
	return strings.NewReplacer(`\`, `\\`, `_`, `\_`, `%`, `\%`).Replace(s.database)
}

// privileges is a sorted set of privileges as MySQL spells them.
type privileges []string

var (
	spaces        = regexp.MustCompile(`\s+`)
	privilegeName = regexp.MustCompile(`^[A-Z][A-Z_ ]*$`)
)

// parsePrivileges spells privileges as MySQL does. They become SQL as they are, so anything but names is refused.
func parsePrivileges(names []string) (privileges, error) {
	var parsed privileges
	for _, name := range names {
		spelt := strings.ToUpper(strings.TrimSpace(spaces.ReplaceAllString(name, " ")))
		if spelt == "ALL" {
			spelt = allPrivileges
		}
		if !privilegeName.MatchString(spelt) {
			return nil, fmt.Errorf("%q is not the name of a privilege, like SELECT", name)
		}
		if spelt == grantOption {
			return nil, fmt.Errorf("write `grant: true` in place of the privilege %s", grantOption)
		}
		parsed = append(parsed, spelt)
	}
	return parsed.sorted(), nil
}

func (p privileges) sorted() privileges {
	sorted := slices.Clone(p)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

func (p privileges) has(name string) bool {
	return slices.Contains(p, name)
}

func (p privileges) where(keep func(string) bool) privileges {
	return slices.DeleteFunc(slices.Clone(p), func(name string) bool { return !keep(name) })
}

func (p privileges) and(others privileges) privileges { return p.where(others.has) }

func (p privileges) without(others ...string) privileges {
	return p.where(func(name string) bool { return !slices.Contains(others, name) })
}

// changes is what to grant and what to revoke to come from what this resource granted before (granted) to what it
// wants, where actual is what the account has. What stays is neither granted nor revoked, not even for a moment, and
// what the account got from elsewhere is left alone.
func changes(granted, wanted, actual privileges) (grant, revoke privileges) {
	mayGo := granted.and(actual).without(wanted...)
	if wanted.has(allPrivileges) {
		return wanted, mayGo.and(privileges{grantOption})
	}
	return wanted.without(actual...), mayGo
}

// expected is what an account that has the wanted privileges shows of them: MySQL lists ALL PRIVILEGES one by one.
func expected(wanted, actual privileges) privileges {
	if !wanted.has(allPrivileges) {
		return wanted
	}
	return append(actual.without(grantOption), wanted.and(privileges{grantOption})...).sorted()
}

func grantStatement(who account, on scope, wanted privileges) statement {
	single := wanted.without(grantOption)
	if len(single) == 0 {
		single = privileges{noPrivilege}
	}
	s := statement{
		query:  fmt.Sprintf("GRANT %s ON %s TO ?@?", strings.Join(single, ", "), on.sql()),
		values: []any{who.user, who.host},
		what:   fmt.Sprintf("grant %s on %s to %s", strings.Join(wanted, ", "), on, who),
	}
	if wanted.has(grantOption) {
		s.query += " WITH GRANT OPTION"
	}
	return s
}

func revokeStatement(who account, on scope, unwanted privileges) statement {
	return statement{
		query:  fmt.Sprintf("REVOKE %s ON %s FROM ?@?", strings.Join(unwanted, ", "), on.sql()),
		values: []any{who.user, who.host},
		what:   fmt.Sprintf("revoke %s on %s from %s", strings.Join(unwanted, ", "), on, who),
	}
}

// lookup asks for the account's privileges on exactly this scope, one a row, and whether it may hand them on.
func lookup(who account, on scope) statement {
	s := statement{
		// This is how information_schema writes accounts, without escapes.
		values: []any{fmt.Sprintf("'%s'@'%s'", who.user, who.host)},
		what:   fmt.Sprintf("look up what %s may do on %s", who, on),
	}
	const columns = "SELECT PRIVILEGE_TYPE, IS_GRANTABLE = 'YES' FROM information_schema."
	switch {
	case on.database == everything:
		s.query = columns + "USER_PRIVILEGES WHERE GRANTEE = ?"
	case on.table == everything:
		s.query = columns + "SCHEMA_PRIVILEGES WHERE GRANTEE = ? AND TABLE_SCHEMA = ?"
		s.values = append(s.values, on.pattern())
	default:
		s.query = columns + "TABLE_PRIVILEGES WHERE GRANTEE = ? AND TABLE_SCHEMA = ? AND TABLE_NAME = ?"
		s.values = append(s.values, on.database, on.table)
	}
	return s
}
