package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	"github.com/weav-ai/weav/internal/app"
)

// load reads the settings and opens the log.
func load(stderr io.Writer) (app.Config, *slog.Logger, error) {
	cfg, err := app.Load(os.Getenv, app.Names(os.Environ())...)
	if err != nil {
		return cfg, nil, err
	}
	return cfg, logger(cfg, stderr), nil
}

// logger writes to w in the format and from the level of the settings.
func logger(cfg app.Config, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// flags parses a command's flags. No command takes further arguments.
func flags(name string, args []string, define func(*flag.FlagSet)) error {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	define(set)
	if err := set.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	if set.NArg() > 0 {
		return fmt.Errorf("weav %s takes no argument %q: %w", name, set.Arg(0), errUsage)
	}
	return nil
}

// serve answers requests until ctx ends.
func serve(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	workers := true
	err = flags("serve", args, func(f *flag.FlagSet) { f.BoolVar(&workers, "workers", true, "") })
	if err != nil {
		return err
	}
	cfg, log, err := load(stderr)
	if err != nil {
		return err
	}
	part := app.Part{Serves: true, Works: workers}
	// The port is opened before the rest, so that an address in use fails at once.
	listener, cfg, err := app.Listen(ctx, cfg, part)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, part, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	greet(stdout, cfg, listener.Addr())
	return a.Run(ctx, listener)
}

// greet prints the address of the server, how to sign in, and which parts are embedded.
func greet(w io.Writer, cfg app.Config, addr net.Addr) {
	base := "http://" + addr.String()
	fmt.Fprintf(w, "WEAV %s\n", app.Version)
	fmt.Fprintf(w, "  GraphQL     %s/graphql (HTTP, and WebSocket with graphql-transport-ws)\n", base)
	if cfg.Playground {
		fmt.Fprintf(w, "  Playground  %s/playground/\n", base)
	}
	proof := `dev: {email: "you@example.com"}`
	if !strings.Contains(cfg.Auth, "dev") {
		proof = `firebase: {idToken: "…"}`
	}
	fmt.Fprintf(w, "  Sign in     mutation { signIn(input: {identity: {%s}}) { tokens { accessToken } } }\n", proof)
	fmt.Fprintf(w, "              then send the header Authorization: Bearer <accessToken>\n")
	fmt.Fprintf(w, "  Parts       %s\n", cfg.Parts())
}

// work runs jobs until ctx ends.
func work(ctx context.Context, args []string, stderr io.Writer) (err error) {
	if err := flags("worker", args, func(*flag.FlagSet) {}); err != nil {
		return err
	}
	cfg, log, err := load(stderr)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, app.Part{Works: true}, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.Run(ctx, nil)
}

// migrate brings the database up to date.
func migrate(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if err := flags("migrate", args, func(*flag.FlagSet) {}); err != nil {
		return err
	}
	cfg, _, err := load(stderr)
	if err != nil {
		return err
	}
	if err := app.Migrate(ctx, cfg); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "The database is up to date.")
	return nil
}
