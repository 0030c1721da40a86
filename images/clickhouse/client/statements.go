package main

import (
	"regexp"
	"strings"
)

// token matches what may hold a semicolon that separates nothing: a quoted text, a quoted name, a comment.
var token = regexp.MustCompile("(?s)" + strings.Join([]string{
	`'(?:[^'\\]|\\.|'')*'`,
	"`(?:[^`\\\\]|\\\\.|``)*`",
	`"(?:[^"\\]|\\.|"")*"`,
	`--[^\n]*`,
	`/\*.*?\*/`,
	`;`,
}, "|"))

var comment = regexp.MustCompile(`(?s)^(?:\s|--[^\n]*|/\*.*?\*/)+`)

// splitStatements cuts SQL at its semicolons and leaves out statements that are empty or only comments.
func splitStatements(sql string) []string {
	var statements []string
	start := 0
	add := func(end int) {
		if statement := strings.TrimSpace(sql[start:end]); comment.ReplaceAllString(statement, "") != "" {
			statements = append(statements, statement)
		}
	}
	for _, at := range token.FindAllStringIndex(sql, -1) {
		if sql[at[0]] == ';' {
			add(at[0])
			start = at[1]
		}
	}
	add(len(sql))
	return statements
}

var (
	insert      = regexp.MustCompile(`(?is)^INSERT\s`)
	insertsHere = regexp.MustCompile(`(?is)\b(VALUES\s*\(|SELECT\b|WITH\b)`)
)

// isInsert tells whether a statement wants data: an INSERT without values or a SELECT of its own.
func isInsert(statement string) bool {
	text := comment.ReplaceAllString(statement, "")
	return insert.MatchString(text) && !insertsHere.MatchString(text)
}
