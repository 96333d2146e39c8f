package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/weav-ai/weav/internal/app"
)

// check verifies the settings and prints the result, and fails when an operator must act.
func check(ctx context.Context, args []string, stdout io.Writer) error {
	workers := true
	err := flags("check", args, func(f *flag.FlagSet) { f.BoolVar(&workers, "workers", true, "") })
	if err != nil {
		return err
	}
	list := app.Checklist(ctx, os.Getenv, app.Part{Serves: true, Works: workers}, app.Names(os.Environ())...)
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	blocked := 0
	for _, f := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Verdict, f.Item, f.Note)
		if f.Blocks() {
			blocked++
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if blocked > 0 {
		return fmt.Errorf("%d of %d are unsafe or out of reach", blocked, len(list))
	}
	return nil
}
