//go:build linux || darwin

package localserver

import (
	"context"
	"fmt"
	"os/exec"
)

// runAs runs a command to its end in dir as o. The error holds what it wrote.
func runAs(ctx context.Context, o *owner, dir string, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = dir, environ(), attr(o)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", argv[0], err, out)
	}
	return nil
}
