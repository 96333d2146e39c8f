// Command weav is WEAV's server: GraphQL over HTTP and WebSocket, and the workers behind it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/weav-ai/weav/internal/app"
)

const usage = `weav is the server of an AI content platform: chats whose replies stream to every
open tab, and texts, images and videos made as jobs, over GraphQL.

Usage:

	weav [serve]          answer requests and work jobs (the default)
	  --workers=false     answer requests only; run weav worker beside it
	weav worker           work jobs only
	weav migrate          bring the database up to date
	weav check            go through the settings: what is unsafe or missing, what each key reaches
	  --workers=false     for a server whose workers run beside it
	weav health           ask the server of these settings whether it is ready
	weav demo ["prompt"]  start a server of its own and show a chat and two jobs through it
	  --goal "…"          show how a goal becomes a plan, a folder and a first step instead
	  --membership        show a quota used up, a membership bought and what it opens instead
	weav version          print the version
	weav help settings    list the settings

Settings come from the environment. Without any, weav needs nothing
installed: a SQLite file and a folder of files under ./data, a bus in the process, a sandbox
for models, and a sign-in for development, on http://127.0.0.1:8080.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // A second signal ends the process at once.
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "weav:", err)
		os.Exit(exitCode(err))
	}
}

// errUsage marks an invalid command line.
var errUsage = errors.New("see weav --help")

// exitCode is 2 for an invalid command line, as is customary, and 1 otherwise.
func exitCode(err error) int {
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}

// help prints the usage, or the settings when args ask for them.
func help(args []string, stdout io.Writer) {
	if len(args) == 1 && args[0] == "settings" {
		app.WriteSettings(stdout)
		return
	}
	fmt.Fprint(stdout, usage)
}

// run runs a command. Flags without a command belong to serve.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	command := "serve"
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		command, args = args[0], args[1:]
	}
	if len(args) > 0 && (args[0] == "--help" || args[0] == "-h") {
		command = "help"
	}
	switch command {
	case "help":
		help(args, stdout)
		return nil
	case "serve":
		return serve(ctx, args, stdout, stderr)
	case "worker":
		return work(ctx, args, stderr)
	case "migrate":
		return migrate(ctx, args, stdout, stderr)
	case "check":
		return check(ctx, args, stdout)
	case "health":
		return health(ctx, args, stdout)
	case "demo":
		return demo(ctx, args, stdout)
	case "version":
		fmt.Fprintln(stdout, app.Version)
		return nil
	default:
		return fmt.Errorf("there is no command %q: %w", command, errUsage)
	}
}
