package main

import (
	"reflect"
	"testing"
)

func TestStatementsAreCutOnlyWhereASemicolonSeparates(t *testing.T) {
	for sql, want := range map[string][]string{
		"SELECT 1":                          {"SELECT 1"},
		"SELECT 1; SELECT 2;\n":             {"SELECT 1", "SELECT 2"},
		`SELECT ';', 'it''s; \'; fine'; x`:  {`SELECT ';', 'it''s; \'; fine'`, "x"},
		"SELECT `a;b`, \"c;d\"":             {"SELECT `a;b`, \"c;d\""},
		"-- a; b\nSELECT 1 /* ; */; -- end": {"-- a; b\nSELECT 1 /* ; */"},
		"  ;; ":                             nil,
	} {
		if got := splitStatements(sql); !reflect.DeepEqual(got, want) {
			t.Errorf("splitStatements(%q) = %q, want %q", sql, got, want)
		}
	}
}

func TestOnlyAnInsertWithoutItsOwnRowsReadsData(t *testing.T) {
	for sql, want := range map[string]bool{
		"INSERT INTO t FORMAT CSV":               true,
		"/* load */ insert into t (a, b) VALUES": true,
		"INSERT INTO t VALUES (1)":               false,
		"INSERT INTO t SELECT 1":                 false,
		"SELECT 'INSERT INTO t'":                 false,
	} {
		if got := isInsert(sql); got != want {
			t.Errorf("isInsert(%q) = %v, want %v", sql, got, want)
		}
	}
}
