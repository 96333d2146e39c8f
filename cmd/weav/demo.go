package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/client"
)

const (
	// demoPrompt is the default prompt of the demo.
	demoPrompt = "Explain in a few sentences why a reply should survive a page reload. 한국어 문장도 하나 넣어 줘."
	// dropAfter is how many pieces the demo reads before it drops its socket, and before it stops the second
	// reply.
	dropAfter = 8
	// demoSignIns is the limit of sign-ins per minute. It is low, so that the demo can reach it.
	demoSignIns = 5
	// demoTimeout bounds the whole demo.
	demoTimeout = 2 * time.Minute
)

// demo starts its own server and shows a chat through it, as an ordinary client.
func demo(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("weav demo", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	goal := flags.String("goal", "", "a goal to plan for")
	member := flags.Bool("membership", false, "memberships, quotas and payments")
	err = flags.Parse(args)
	if err != nil || flags.NArg() > 1 || (*goal != "" || *member) && flags.NArg() > 0 || *goal != "" && *member {
		return fmt.Errorf("weav demo takes one prompt, in quotes, or --goal with one, or --membership: %w", errUsage)
	}
	prompt := demoPrompt
	if flags.NArg() == 1 {
		prompt = flags.Arg(0)
	}
	ctx, cancel := context.WithTimeout(ctx, demoTimeout)
	defer cancel()
	url, stop, err := demoServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	d := &demonstration{out: out, client: &client.Client{URL: url}, text: &client.Text{}}
	switch {
	case *goal != "":
		return d.plan(ctx, *goal)
	case *member:
		return d.membership(ctx)
	}
	if err := d.run(ctx, prompt); err != nil {
		return err
	}
	return d.membership(ctx)
}

// demoServer starts the embedded server on a free port, with a temporary data folder. stop ends it and
// deletes the folder.
func demoServer(ctx context.Context) (url string, stop func() error, err error) {
	dir, err := os.MkdirTemp("", "weav-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("demo: %w", err)
	}
	cfg, err := app.Load(func(name string) string {
		return map[string]string{
			"DATA_DIR": dir, "LISTEN_ADDR": "127.0.0.1:0", "SHUTDOWN_TIMEOUT": "2s", "RATE_SIGN_INS_PER_MINUTE": fmt.Sprint(demoSignIns),
		}[name]
	})
	if err != nil {
		return "", nil, err
	}
	part := app.Part{Serves: true, Works: true}
	listener, cfg, err := app.Listen(ctx, cfg, part)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	a, err := app.Open(ctx, cfg, part, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", nil, errors.Join(err, listener.Close(), os.RemoveAll(dir))
	}
	serving, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(serving, listener) }()
	return "http://" + listener.Addr().String() + "/graphql", func() error {
		cancel()
		return errors.Join(<-ended, a.Close(), os.RemoveAll(dir))
	}, nil
}

// demonstration is the client of the demo with its counters.
type demonstration struct {
	out    io.Writer
	client *client.Client

	text       *client.Text
	cursor     string
	sent       time.Time
	firstAfter time.Duration
	pieces     int
	reconnects int
	lost       int // pieces after a gap, and text that is missing at the end
	doubled    int // durable events that came twice
	seen       map[string]bool
}

// run shows the chat and the media, and fails when a piece was lost or an event was doubled.
func (d *demonstration) run(ctx context.Context, prompt string) error {
	d.seen = map[string]bool{}
	chatID, err := d.prepare(ctx)
	if err != nil {
		return err
	}
	if err := d.first(ctx, chatID, prompt); err != nil {
		return err
	}
	receipt, err := d.second(ctx, chatID)
	if err != nil {
		return err
	}
	if err := d.media(ctx); err != nil {
		return err
	}
	d.summary(receipt)
	if d.lost+d.doubled > 0 {
		return errors.New("the demo lost or doubled something")
	}
	return nil
}

// prepare signs in and creates a folder and a chat.
func (d *demonstration) prepare(ctx context.Context) (string, error) {
	if _, err := d.client.SignIn(ctx, "demo@example.com"); err != nil {
		return "", err
	}
	d.say("signed in as demo@example.com at %s", d.client.URL)
	var made struct {
		CreateFolder struct{ Folder struct{ ID, Name string } }
	}
	err := d.client.Do(ctx, `mutation ($key: String!) { createFolder(input: {name: "Demo", idempotencyKey: $key}) { folder { id name } } }`,
		map[string]any{"key": rand.Text()}, &made)
	if err != nil {
		return "", err
	}
	chatID, err := d.client.NewChat(ctx, rand.Text())
	if err != nil {
		return "", err
	}
	err = d.client.Do(ctx, `mutation ($chat: ID!, $folder: ID!) { moveChat(input: {chatId: $chat, folderId: $folder}) { chat { id } } }`,
		map[string]any{"chat": chatID, "folder": made.CreateFolder.Folder.ID}, nil)
	d.say("made the folder %q and a chat in it", made.CreateFolder.Folder.Name)
	return chatID, err
}

// first sends the prompt, prints the reply as it arrives, drops the socket in the middle and resumes.
func (d *demonstration) first(ctx context.Context, chatID, prompt string) (err error) {
	events, socket, err := d.follow(ctx, chatID)
	if err != nil {
		return err
	}
	sent, err := d.send(ctx, chatID, prompt)
	if err != nil {
		return err
	}
	if _, err := d.read(events, sent.ReplyID, dropAfter); err != nil {
		return err
	}
	if err := socket.Drop(); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	<-socket.Gone()
	fmt.Fprintf(d.out, "\n  … the socket is dropped here; the reply goes on without it …\n  ")
	d.reconnects++
	// The cursor of the last event makes the server send what was missed.
	events, socket, err = d.follow(ctx, chatID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, socket.Close()) }()
	end, err := d.read(events, sent.ReplyID, 0)
	if err != nil {
		return err
	}
	return d.compare(ctx, sent.ReplyID, end)
}

// compare compares the received reply with its stored text.
func (d *demonstration) compare(ctx context.Context, replyID string, end client.Event) error {
	stored, _, err := d.client.MessageText(ctx, replyID)
	if err != nil {
		return err
	}
	if d.text.Len() != end.Length || d.text.String() != stored {
		d.lost++
	}
	return nil
}

// second sends another message and stops its reply.
func (d *demonstration) second(ctx context.Context, chatID string) (_ client.Receipt, err error) {
	events, socket, err := d.follow(ctx, chatID)
	if err != nil {
		return client.Receipt{}, err
	}
	defer func() { err = errors.Join(err, socket.Close()) }()
	d.text = &client.Text{}
	sent, err := d.send(ctx, chatID, "And now a long list, please. [sandbox:tokens=400]")
	if err != nil {
		return client.Receipt{}, err
	}
	if _, err := d.read(events, sent.ReplyID, dropAfter); err != nil {
		return client.Receipt{}, err
	}
	receipt, err := d.client.Stop(ctx, sent.ReplyID)
	if err != nil {
		return receipt, err
	}
	if _, err := d.read(events, sent.ReplyID, 0); err != nil {
		return receipt, err
	}
	fmt.Fprintf(d.out, "\n  … stopped …\n")
	if d.text.String() != receipt.Text {
		d.lost++
	}
	return receipt, nil
}

// follow subscribes to a chat from the last cursor on.
func (d *demonstration) follow(ctx context.Context, chatID string) (<-chan json.RawMessage, *client.Socket, error) {
	socket, err := d.client.Dial(ctx)
	if err != nil {
		return nil, nil, err
	}
	events, err := socket.Follow(chatID, d.cursor)
	return events, socket, err
}

// send sends a message and starts the measurement of its first piece.
func (d *demonstration) send(ctx context.Context, chatID, prompt string) (client.Sent, error) {
	d.sent = time.Now()
	fmt.Fprintf(d.out, "\n> %s\n  ", prompt)
	return d.client.Send(ctx, chatID, prompt, rand.Text())
}

// read reads the events of a reply until it has ended, or until the given number of pieces.
func (d *demonstration) read(events <-chan json.RawMessage, replyID string, pieces int) (client.Event, error) {
	got := 0
	for payload := range events {
		e, err := client.EventOf(payload)
		if err != nil {
			return e, err
		}
		d.count(e)
		if e.MessageID != replyID {
			continue
		}
		if e.Typename == "ReplyDelta" {
			d.apply(e)
			got++
			if got == pieces {
				return e, nil
			}
		}
		if e.Typename == "ReplyEnded" {
			return e, nil
		}
	}
	return client.Event{}, errors.New("demo: the subscription ended early")
}

// count counts a durable event. Each must arrive once, also over a reconnect. Deltas and snapshots may
// repeat.
func (d *demonstration) count(e client.Event) {
	if e.Typename != "ReplyDelta" && e.Typename != "ChatSnapshot" {
		if d.seen[e.Cursor] {
			d.doubled++
		}
		d.seen[e.Cursor] = true
	}
	d.cursor = e.Cursor
}

// apply adds a piece and prints its new part.
func (d *demonstration) apply(e client.Event) {
	if d.firstAfter == 0 {
		d.firstAfter = time.Since(d.sent)
	}
	d.pieces++
	before := d.text.String()
	if d.text.Apply(e.Offset, e.Text) {
		d.lost++
		return
	}
	if now := d.text.String(); len(now) > len(before) {
		fmt.Fprint(d.out, now[len(before):])
	}
}

// say prints a line about what the demo did.
func (d *demonstration) say(format string, args ...any) {
	fmt.Fprintf(d.out, "- "+format+"\n", args...)
}

// summary prints the counters and the receipt of the stopped reply.
func (d *demonstration) summary(r client.Receipt) {
	fmt.Fprintf(d.out, "\nSummary\n  first piece after  %d ms\n  pieces             %d\n  reconnects         %d\n  lost               %d\n  doubled            %d\n",
		d.firstAfter.Milliseconds(), d.pieces, d.reconnects, d.lost, d.doubled)
	fmt.Fprintf(d.out, "  stopped reply      %s after %d output tokens (counted by %s), provider's call cut short: %t\n",
		r.Status, r.Usage.OutputTokens, r.Usage.Source, r.ProviderCancelled)
}
