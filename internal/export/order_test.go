package export_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	entartifact "github.com/weav-ai/weav/ent/artifact"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/export"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// orders is the service that orders exports.
func (d *fixture) orders() *export.Service {
	log := slog.New(slog.DiscardHandler)
	chats := chat.New(chat.Parts{Store: d.st, Files: d.files, Log: log}, chat.Config{})
	return export.New(d.st, job.New(job.Parts{Store: d.st, Files: d.files, Chats: chats, Log: log}, job.Config{}))
}

// TestAnOrderIsMadeOncePerKey with the requested arguments.
func TestAnOrderIsMadeOncePerKey(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		s := d.orders()
		in := export.Input{IncludesFiles: true, Key: "k"}
		j, err := s.Order(d.t.Context(), d.user, in)
		must(d.t, err)
		again, err := s.Order(d.t.Context(), d.user, in)
		if err != nil || again.ID != j.ID || j.Kind != entjob.KindExport || j.Status != entjob.StatusInQueue || j.UserID != d.user {
			d.t.Errorf("ordered %v, again %v, %v", j, again, err)
		}
		args, err := job.ArgumentsOf(j)
		if order, ok := args.(*job.ExportArguments); err != nil || !ok || !order.IncludesFiles {
			d.t.Errorf("its arguments are %+v, %v", args, err)
		}
		in.IncludesFiles = false
		if _, err := s.Order(d.t.Context(), d.user, in); errs.CodeOf(err) != errs.IdempotencyConflict {
			d.t.Errorf("another order with the same key: %v", err)
		}
	})
}

// TestTheLimitsOfExports: one at a time, also for concurrent orders, and a few stored ones; other jobs are
// not counted.
func TestTheLimitsOfExports(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		s, ctx := d.orders(), d.t.Context()
		results := make([]error, 4)
		var all sync.WaitGroup
		for i := range results {
			all.Go(func() { _, results[i] = s.Order(ctx, d.user, export.Input{Key: fmt.Sprint("k", i)}) })
		}
		all.Wait()
		made := 0
		for _, err := range results {
			if err == nil {
				made++
			} else if !isLimit(err) {
				d.t.Errorf("refused with %v", err)
			}
		}
		if made != 1 {
			d.t.Errorf("%d exports are made at once", made)
		}
		other := storetest.User(d.t, d.st)
		_, err := s.Order(ctx, other, export.Input{Key: "k"})
		must(d.t, err)
		for i := range job.MaxKeptExports {
			j := d.st.Client().Job.Query().Where(entjob.UserID(d.user), entjob.StatusEQ(entjob.StatusInQueue)).OnlyX(ctx)
			must(d.t, d.st.Client().Job.UpdateOneID(j.ID).SetStatus(entjob.StatusCompleted).Exec(ctx))
			must(d.t, d.st.Client().Artifact.Create().SetUserID(d.user).SetJobID(j.ID).SetKind(entartifact.KindFile).
				SetPrompt("").SetModel("").SetProvider("").SetAnsweredBy("").SetMimeType("application/zip").SetBytes(1).SetSha256("s").Exec(ctx))
			_, err := s.Order(ctx, d.user, export.Input{Key: fmt.Sprint("next", i)})
			if last := i == job.MaxKeptExports-1; last != isLimit(err) || !last && err != nil {
				d.t.Errorf("with %d kept: %v", i+1, err)
			}
		}
	})
}

func isLimit(err error) bool {
	faults, _ := errs.InputOf(err)
	return len(faults) == 1 && faults[0].Reason == errs.LimitReached
}

// entries are the files of an archive by their names.
func entries(t *testing.T, z *zip.Reader) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		out[f.Name], err = io.ReadAll(r)
		must(t, err)
	}
	return out
}

// TestAnExportHoldsAllDataOfItsUserOnly, and no secret.
func TestAnExportHoldsAllDataOfItsUserOnly(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		ctx, c := d.t.Context(), d.st.Client()
		fill := func(user oid.User, mark string) {
			ch := c.Chat.Create().SetUserID(user).SetTitle("About " + mark).SetModel("m").SaveX(ctx)
			asked := c.Message.Create().SetUserID(user).SetChatID(ch.ID).SetRole(message.RoleUser).SetText("question " + mark).SetStatus(message.StatusCompleted).SaveX(ctx)
			reply := c.Message.Create().SetUserID(user).SetChatID(ch.ID).SetParentID(asked.ID).SetRole(message.RoleAssistant).SetText("answer " + mark).SetStatus(message.StatusCompleted).SaveX(ctx)
			c.Chat.UpdateOneID(ch.ID).SetHeadID(reply.ID).ExecX(ctx)
			c.Folder.Create().SetUserID(user).SetName("folder " + mark).SetType("CUSTOM").SaveX(ctx)
			c.APIKey.Create().SetUserID(user).SetName("key " + mark).SetHash("hash-" + mark).SetHint("hint").SetScopes([]string{"READ"}).SetCreatedAt(time.Unix(0, 0)).SaveX(ctx)
		}
		fill(d.user, "mine")
		fill(storetest.User(d.t, d.st), "theirs")
		made, err := d.compose(ctx, export.Config{}, ignoreProgress)
		must(d.t, err)
		all := entries(d.t, d.open(made))
		for _, name := range []string{
			"README.txt", "account.json", "folders.json", "prompts.json", "plans.json", "jobs.json", "artifacts.json", "files.json", "shares.json", "usage.json",
			"payments.json", "membership.json",
		} {
			if content, ok := all[name]; !ok || strings.HasSuffix(name, ".json") && !json.Valid(content) {
				d.t.Errorf("%s is %q", name, content)
			}
		}
		whole := string(bytes.Join(slices.Collect(maps.Values(all)), nil))
		for _, text := range []string{"About mine", "question mine", "answer mine", "folder mine", "key mine", d.user.String()} {
			if !strings.Contains(whole, text) {
				d.t.Errorf("%q is not in it", text)
			}
		}
		for _, text := range []string{"theirs", "hash-mine"} {
			if strings.Contains(whole, text) {
				d.t.Errorf("%q is in it", text)
			}
		}
	})
}
