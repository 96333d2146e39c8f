package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/weav-ai/weav/internal/app"
)

// healthTimeout is longer than the server waits for each of its parts.
const healthTimeout = 10 * time.Second

// health queries whether the server of this configuration is ready, for images that contain no other client.
func health(ctx context.Context, args []string, stdout io.Writer) error {
	if err := flags("health", args, func(*flag.FlagSet) {}); err != nil {
		return err
	}
	cfg, err := app.Load(os.Getenv)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(cfg.ListenAddr)
	if err != nil {
		return fmt.Errorf("LISTEN_ADDR: %w", err)
	}
	// A server that listens on all addresses is queried on loopback.
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return errors.New("the server does not answer")
	}
	defer res.Body.Close()
	state, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return errors.New("the server's answer broke off")
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server is not ready: %s", state)
	}
	_, err = fmt.Fprintf(stdout, "%s", state)
	return err
}
