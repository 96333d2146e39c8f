package billing_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// task is something that a process does with a payment.
type task struct {
	// Do is a source of checks, or one of the words below.
	Do paymentstep.Source
	// User is the payment's user; of a refund, the operator.
	User    oid.User
	Payment string
	// Key is the idempotency key of an order or a refund.
	Key string
	// Gateway is the gateway of the delivery, Header and Body its webhook request.
	Gateway string
	Header  http.Header
	Body    []byte
}

const (
	ordering  paymentstep.Source = "ORDER"
	refunding paymentstep.Source = "REFUND"
)

func (e task) run(ctx context.Context, s *billing.Service) (err error) {
	switch e.Do {
	case paymentstep.SourceClient:
		_, err = s.Complete(ctx, e.User, e.Payment)
	case paymentstep.SourceWebhook:
		err = s.Notice(ctx, e.Gateway, e.Header, e.Body)
	case paymentstep.SourceRecovery:
		err = s.Recover(ctx)
	case ordering:
		_, err = s.Prepare(ctx, e.User, billing.PrepareInput{Plan: catalog.Standard, Key: e.Key})
	case refunding:
		amount := int64(half)
		_, err = s.Refund(ctx, billing.Actor{User: e.User}, e.Payment, &amount, "why", e.Key)
	default:
		err = errors.New("nobody knows how to do " + string(e.Do))
	}
	return err
}

// retry repeats a task as long as the error allows it: the database is overloaded, or the payment changes
// while it is checked.
func (e task) retry(ctx context.Context, s *billing.Service) error {
	err := e.run(ctx, s)
	for errs.CodeOf(err) == errs.Unavailable && ctx.Err() == nil {
		err = e.run(ctx, s)
	}
	return err
}

// child configures another process that runs this program: its dependencies, its clock, and at which point of
// which task it kills itself, if at all.
type child struct {
	Store, PortOne, APISecret, WebhookSecret string
	Now                                      time.Time
	DieAt                                    billing.Point
	Errand                                   task
}

const childEnv = "BILLING_CHILD"

// childOf is a process beside x, on the store at url.
func childOf(x *harness, p *paytest.PortOne, url string) child {
	return child{Store: url, PortOne: p.URL, APISecret: p.APISecret, WebhookSecret: p.WebhookSecret, Now: x.clock()}
}

func (c child) command(t *testing.T) *exec.Cmd {
	t.Helper()
	raw, err := json.Marshal(c)
	must(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childEnv+"="+string(raw))
	return cmd
}

// dies runs the child, which must kill itself.
func (c child) dies(t *testing.T) {
	t.Helper()
	out, err := c.command(t).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the process was to die when %s: %v\n%s", c.DieAt, err, out)
	}
}

// TestChild is the program of the other processes that tests start.
func TestChild(t *testing.T) {
	raw := os.Getenv(childEnv)
	if raw == "" {
		t.Skip("it is run by others")
	}
	var c child
	must(t, json.Unmarshal([]byte(raw), &c))
	gateway := gatewayOf(t, c.PortOne, c.APISecret, c.WebhookSecret)
	s := service(t, storetest.At(t, c.Store), gateway, billing.Config{Now: func() time.Time { return c.Now }, Fault: func(point billing.Point) error {
		if point == c.DieAt {
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return nil
	}})
	if c.DieAt != "" {
		t.Fatal("it lives: ", c.Errand.run(t.Context(), s))
	}
	runBatches(t, s)
}

// runBatches runs batches of tasks concurrently. Each is a line of JSON, is answered by a line, and begins
// with the next line.
func runBatches(t *testing.T, s *billing.Service) {
	t.Helper()
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return
		}
		must(t, err)
		var batch []task
		must(t, json.Unmarshal(line, &batch))
		begin, failures := make(chan struct{}), make([]error, len(batch))
		var group sync.WaitGroup
		for i, e := range batch {
			group.Go(func() {
				<-begin
				failures[i] = e.retry(t.Context(), s)
			})
		}
		fmt.Fprintln(os.Stdout, childSays, "set")
		_, err = in.ReadBytes('\n')
		must(t, err)
		close(begin)
		group.Wait()
		fmt.Fprintf(os.Stdout, "%s %q\n", childSays, fmt.Sprint(errors.Join(failures...)))
	}
}

// childSays begins the lines of a child, among those of the testing package.
const childSays = "child:"

// helper is a child that runs batches.
type helper struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Scanner
}

// help starts a child that runs batches until the test ends.
func help(t *testing.T, c child) *helper {
	t.Helper()
	cmd := c.command(t)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	cmd.Stderr = os.Stderr
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close() // It ends with its input.
		_ = cmd.Wait() // The test's context may have killed it.
	})
	return &helper{t: t, in: in, out: bufio.NewScanner(out)}
}

// readLine returns the child's next line.
func (h *helper) readLine() string {
	for h.out.Scan() {
		var word string
		if n, _ := fmt.Sscanf(h.out.Text(), childSays+" %q", &word); n == 1 { // Others are the testing package's.
			return word
		}
		if h.out.Text() == childSays+" set" {
			return "set"
		}
	}
	return "it is gone"
}

// take sends a batch to the child, which runs it when begin is closed; done receives the result.
func (h *helper) take(batch []task, begin <-chan struct{}, done func(error)) {
	h.t.Helper()
	raw, err := json.Marshal(batch)
	must(h.t, err)
	_, err = h.in.Write(append(raw, '\n'))
	must(h.t, err)
	if word := h.readLine(); word != "set" {
		h.t.Fatal("the child: ", word)
	}
	go func() {
		<-begin
		_, err := io.WriteString(h.in, "\n")
		if word := h.readLine(); err == nil && word != "<nil>" {
			err = errors.New("the child: " + word)
		}
		done(err)
	}()
}
