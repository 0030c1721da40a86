// Package command is the Pulumi plugin behind npm's @pulumi/command, for machines that cannot download the official
// one. It has that package's tokens and property names for local.Command; assets and remote commands are left to the
// official plugin, and refused.
package command

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// Provider is the plugin.
func Provider() p.Provider {
	return infer.Provider(infer.Options{
		Resources: []infer.InferredResource{infer.Resource(&Command{})},
	})
}

// Command is local.Command: shell commands that run when the resource is created, changed and deleted.
type Command struct{}

// Args are the arguments of local.Command.
type Args struct {
	Create *string `pulumi:"create,optional"`
	// Update runs in place of Create when another argument changes.
	Update      *string           `pulumi:"update,optional"`
	Delete      *string           `pulumi:"delete,optional"`
	Dir         *string           `pulumi:"dir,optional"`
	Environment map[string]string `pulumi:"environment,optional"`
	Stdin       *string           `pulumi:"stdin,optional"`
	// Interpreter gets the command as its last argument. Default: /bin/sh -c.
	Interpreter []string `pulumi:"interpreter,optional"`
	Logging     *Logging `pulumi:"logging,optional"`
	// AddPreviousOutputInEnv gives Update and Delete what the command before printed. Default: true.
	AddPreviousOutputInEnv *bool `pulumi:"addPreviousOutputInEnv,optional"`
	// Triggers are any values; when one changes, the resource is replaced.
	Triggers []any `pulumi:"triggers,optional" provider:"replaceOnChanges"`
}

// State is what is known of a command that ran.
type State struct {
	Args
	Output
}

// Output is what a command printed, without the last line's end.
type Output struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Logging says which of a command's outputs are shown while it runs.
type Logging string

const (
	logStdout Logging = "stdout"
	logStderr Logging = "stderr"
	logBoth   Logging = "stdoutAndStderr"
	logNone   Logging = "none"
)

// Values are those that npm's package has.
func (Logging) Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Name: "Stdout", Value: logStdout},
		{Name: "Stderr", Value: logStderr},
		{Name: "StdoutAndStderr", Value: logBoth},
		{Name: "None", Value: logNone},
	}
}

func (*Command) Annotate(a infer.Annotator) {
	a.SetToken("local", "Command")
}

// WireDependencies makes the outputs as secret, and at a preview as unknown, as any argument.
func (*Command) WireDependencies(f infer.FieldSelector, args *Args, state *State) {
	f.OutputField(state).DependsOn(f.InputField(args))
}

func (*Command) Create(ctx context.Context, req infer.CreateRequest[Args]) (infer.CreateResponse[State], error) {
	created := infer.CreateResponse[State]{ID: "command" + strings.ToLower(rand.Text()), Output: State{Args: req.Inputs}}
	if req.DryRun {
		return created, nil
	}
	output, err := req.Inputs.run(ctx, req.Inputs.Create, nil)
	created.Output.Output = output
	return created, err
}

func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[Args, State],
) (infer.UpdateResponse[State], error) {
	updated := infer.UpdateResponse[State]{Output: State{Args: req.Inputs, Output: req.State.Output}}
	if req.DryRun {
		return updated, nil
	}
	script := req.Inputs.Update
	if script == nil {
		script = req.Inputs.Create
	}
	output, err := req.Inputs.run(ctx, script, &req.State.Output)
	updated.Output.Output = output
	return updated, err
}

func (*Command) Delete(ctx context.Context, req infer.DeleteRequest[State]) (infer.DeleteResponse, error) {
	_, err := req.State.run(ctx, req.State.Args.Delete, &req.State.Output)
	return infer.DeleteResponse{}, err
}

// stopTime is how long a cancelled command may take to stop by itself.
const stopTime = 10 * time.Second

// run executes the script, if there is one. previous is what the command before printed, if there was one.
func (args Args) run(ctx context.Context, script *string, previous *Output) (Output, error) {
	if script == nil || *script == "" {
		return Output{}, nil
	}
	interpreter := args.Interpreter
	if len(interpreter) == 0 {
		interpreter = []string{"/bin/sh", "-c"}
	}
	cmd := exec.CommandContext(ctx, interpreter[0], append(interpreter[1:len(interpreter):len(interpreter)], *script)...)
	cmd.Env = append(os.Environ(), args.variables(previous)...)
	if args.Dir != nil {
		cmd.Dir = *args.Dir
	}
	if args.Stdin != nil {
		cmd.Stdin = strings.NewReader(*args.Stdin)
	}
	// A group of its own, so that cancelling reaches what the shell started.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = stopTime

	var stdout, stderr bytes.Buffer
	log := lineWriter(p.GetLogger(ctx).Info)
	cmd.Stdout = args.shown(&stdout, log, logStdout)
	cmd.Stderr = args.shown(&stderr, log, logStderr)
	err := cmd.Run()
	output := Output{
		Stdout: strings.TrimRight(stdout.String(), "\r\n"),
		Stderr: strings.TrimRight(stderr.String(), "\r\n"),
	}
	if err != nil {
		// Not the command itself, which may hold a secret.
		return output, fmt.Errorf("the command failed (%w):\n%s", err, strings.TrimSpace(output.Stderr+"\n"+output.Stdout))
	}
	return output, nil
}

// variables are the environment that the command gets beside this process's own.
func (args Args) variables(previous *Output) []string {
	var variables []string
	if previous != nil && (args.AddPreviousOutputInEnv == nil || *args.AddPreviousOutputInEnv) {
		variables = append(variables,
			"PULUMI_COMMAND_STDOUT="+previous.Stdout, "PULUMI_COMMAND_STDERR="+previous.Stderr)
	}
	for name, value := range args.Environment {
		variables = append(variables, name+"="+value)
	}
	return variables
}

// shown also logs what goes to the buffer, where this kind of output is to be shown.
func (args Args) shown(buffer io.Writer, log io.Writer, kind Logging) io.Writer {
	if args.Logging == nil || *args.Logging == logBoth || *args.Logging == kind {
		return io.MultiWriter(buffer, log)
	}
	return buffer
}

// lineWriter hands on every text written to it, without empty lines.
type lineWriter func(string)

func (log lineWriter) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			log(line)
		}
	}
	return len(text), nil
}
