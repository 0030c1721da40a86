// This one program is the four Pulumi plugins that the project's graph uses. It serves the one it is called as:
// pulumi-resource-docker, -kafka, -mysql or -command.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tributary/toolchain/providers/command"
	"tributary/toolchain/providers/mysql"
)

// plugin is a Pulumi plugin as npm's package of the same name knows it.
type plugin struct {
	// version is that of the npm package; `package.json` pins the same, and a unit test compares the two.
	version string
	serve   func(name, version string) error
}

var plugins = map[string]plugin{
	"command": {"1.2.1", func(name, version string) error {
		return command.Provider().Run(context.Background(), name, version)
	}},
	"docker": {"5.2.0", serveDocker},
	"kafka":  {"3.13.2", serveKafka},
	"mysql": {"3.3.2", func(name, version string) error {
		return mysql.Provider().Run(context.Background(), name, version)
	}},
}

func main() {
	name := strings.TrimPrefix(filepath.Base(os.Args[0]), "pulumi-resource-")
	called, known := plugins[name]
	if !known {
		fatal(fmt.Errorf("%s is not a plugin: call this program as pulumi-resource-command, -docker, -kafka or -mysql", name))
	}
	if err := called.serve(name, called.version); err != nil {
		fatal(err)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
