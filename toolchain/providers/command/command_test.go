package command

import (
	"context"
	"slices"
	"strings"
	"testing"
)

func text(value string) *string { return &value }

func run(t *testing.T, args Args, script string, previous *Output) Output {
	t.Helper()
	output, err := args.run(context.Background(), &script, previous)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

func TestItsOutputsAreKeptApartAndTrimmed(t *testing.T) {
	output := run(t, Args{}, "echo one; echo two; echo bad >&2", nil)
	if output != (Output{Stdout: "one\ntwo", Stderr: "bad"}) {
		t.Errorf("got %+v", output)
	}
}

func TestItGetsInputEnvironmentAndFolder(t *testing.T) {
	args := Args{Stdin: text("from stdin"), Dir: text("/"), Environment: map[string]string{"WHO": "world"}}
	if got := run(t, args, `cat; echo; echo "$WHO"; pwd`, nil).Stdout; got != "from stdin\nworld\n/" {
		t.Errorf("got %s", got)
	}
}

func TestItsInterpreterMayBeAnother(t *testing.T) {
	args := Args{Interpreter: []string{"/bin/echo", "-n", "said:"}}
	if got := run(t, args, "hello", nil).Stdout; got != "said: hello" {
		t.Errorf("got %s", got)
	}
}

func TestItGetsWhatTheCommandBeforePrinted(t *testing.T) {
	previous := &Output{Stdout: "before", Stderr: "trouble"}
	if got := run(t, Args{}, `echo "$PULUMI_COMMAND_STDOUT $PULUMI_COMMAND_STDERR"`, previous).Stdout; got != "before trouble" {
		t.Errorf("got %s", got)
	}
	no := false
	if variables := (Args{AddPreviousOutputInEnv: &no}).variables(previous); len(variables) != 0 {
		t.Errorf("got %v", variables)
	}
}

func TestAFailureShowsTheOutputAndNotTheCommand(t *testing.T) {
	script := "echo why >&2; : s3cret; exit 3"
	_, err := Args{}.run(context.Background(), &script, nil)
	if err == nil {
		t.Fatal("a failure passed")
	}
	if message := err.Error(); !strings.Contains(message, "why") || !strings.Contains(message, "exit status 3") ||
		strings.Contains(message, "s3cret") {
		t.Errorf("got %s", message)
	}
}

func TestWithoutAScriptNothingRuns(t *testing.T) {
	if output, err := (Args{}).run(context.Background(), nil, nil); err != nil || output != (Output{}) {
		t.Errorf("got %+v, %v", output, err)
	}
}

func TestLoggingChoosesWhatIsShown(t *testing.T) {
	for _, test := range []struct {
		logging *Logging
		kind    Logging
		shown   bool
	}{
		{nil, logStdout, true}, {nil, logStderr, true},
		{pointer(logStdout), logStdout, true}, {pointer(logStdout), logStderr, false},
		{pointer(logBoth), logStderr, true}, {pointer(logNone), logStdout, false},
	} {
		var lines []string
		log := lineWriter(func(line string) { lines = append(lines, line) })
		var buffer strings.Builder
		if _, err := (Args{Logging: test.logging}).shown(&buffer, log, test.kind).Write([]byte("a\n\nb\n")); err != nil {
			t.Fatal(err)
		}
		if shown := slices.Equal(lines, []string{"a", "b"}); shown != test.shown || buffer.String() != "a\n\nb\n" {
			t.Errorf("%v of %v: shows %v, keeps %q", test.kind, test.logging, lines, buffer.String())
		}
	}
}

func pointer[T any](value T) *T { return &value }
