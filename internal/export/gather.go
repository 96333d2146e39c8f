package export

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	entchat "github.com/weav-ai/weav/ent/chat"
	entfile "github.com/weav-ai/weav/ent/file"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/media"
	"github.com/weav-ai/weav/internal/oid"
)

// gathering is an export under way.
type gathering struct {
	*archive

	db    *ent.Client
	store *file.Service
	user  oid.User
	tell  job.ReportProgress
	// paths are where in the archive the bytes of files and artifacts are. What is in none is not in it.
	paths map[fmt.Stringer]string
	// done of total objects and chats are in the archive.
	done, total int
}

// readme explains the archive to whoever opens it.
const readme = `This is what WEAV keeps of your account. Left out are secrets, which nobody is told again, what only tells
programs how far work is, sums and copies of what is in here, and what goes within a week anyway.

account.json      you, your preferences, your membership, where you are signed in, your keys (their secrets are not kept)
folders.json      your folders; one with deletedAt is in the trash
chats/            each chat twice: as .md to read (the branch that is shown) and as .json with all its branches
prompts.json      your saved prompts
plans.json        your plans with their steps
jobs.json         what you ordered: texts, images, videos, plans; how the work went, and what it took
artifacts.json    what the jobs made; path says where in here the bytes are
files.json        what you uploaded; path says where in here the bytes are
shares.json       links that you made for others
usage.json        each call to a model, with its tokens and its cost in millionths of a US dollar
payments.json     your payments and what happened to them; amounts in the currency's minor units
membership.json   how your membership changed
artifacts/, files/  the bytes, if you asked for them

Times are UTC, ids are those of the API.
`

// all writes the whole archive. What people look for comes last, so that it shows where the bytes are.
func (g *gathering) all(ctx context.Context, withFiles bool) error {
	if err := g.measure(ctx, withFiles); err != nil {
		return err
	}
	if err := g.text("README.txt", readme); err != nil {
		return err
	}
	if withFiles {
		if err := g.fileBytes(ctx); err != nil {
			return err
		}
		if err := g.artifactBytes(ctx); err != nil {
			return err
		}
	}
	if err := g.chats(ctx); err != nil {
		return err
	}
	g.report(phaseAccount)
	if err := g.tables(ctx); err != nil {
		return err
	}
	return wrap("close", g.zip.Close())
}

// measure counts what the progress is told by.
func (g *gathering) measure(ctx context.Context, withFiles bool) error {
	n, err := g.db.Chat.Query().Where(entchat.UserID(g.user)).Count(ctx)
	if err != nil {
		return wrap("count", err)
	}
	g.total = n
	if !withFiles {
		return nil
	}
	files, err := g.db.File.Query().Where(entfile.UserID(g.user)).Count(ctx)
	if err != nil {
		return wrap("count", err)
	}
	artifacts, err := g.db.Artifact.Query().Where(entartifact.UserID(g.user)).Count(ctx)
	g.total += files + artifacts
	return wrap("count", err)
}

// report tells how far the export is.
func (g *gathering) report(phase string) {
	if g.total == 0 {
		g.tell(nil, phase)
		return
	}
	progress := min(float64(g.done)/float64(g.total), 1)
	g.tell(&progress, phase)
}

// did counts one object or chat.
func (g *gathering) did(phase string) {
	g.done++
	g.report(phase)
}

// fileBytes copies the uploads.
func (g *gathering) fileBytes(ctx context.Context) error {
	n := 0
	for f, err := range g.files().all(ctx) {
		if err != nil {
			return wrap("files", err)
		}
		n++
		if f.Status != entfile.StatusReady {
			g.did(phaseFiles) // What was sent of it, if anything, was not looked at.
			continue
		}
		if err := g.bytes(ctx, f.ID, numbered("files", n, f.Name, ""), file.Attached{File: f}); err != nil {
			return err
		}
	}
	return nil
}

// artifactBytes copies the images and videos.
func (g *gathering) artifactBytes(ctx context.Context) error {
	n := 0
	for a, err := range g.artifacts().all(ctx) {
		if err != nil {
			return wrap("artifacts", err)
		}
		n++
		if a.Kind == entartifact.KindText || a.Kind == entartifact.KindFile {
			g.did(phaseFiles) // A text is in artifacts.json; an export holds no exports.
			continue
		}
		name := numbered("artifacts", n, a.Prompt, media.Type(a.MimeType).Ext())
		if err := g.bytes(ctx, a.ID, name, file.Attached{Artifact: a}); err != nil {
			return err
		}
	}
	return nil
}

// bytes copies an object. One that is not there, since it was never sent, was deleted meanwhile or is lost, is left out.
func (g *gathering) bytes(ctx context.Context, id fmt.Stringer, name string, a file.Attached) error {
	defer g.did(phaseFiles)
	r, err := g.store.Open(ctx, a)
	if errors.Is(err, file.ErrLost) {
		return nil
	}
	if err != nil {
		return job.OfStore(err)
	}
	defer r.Close()
	if err := g.copy(name, made(a), r); err != nil {
		if errors.Is(err, job.ErrTooLarge) {
			return err
		}
		return job.OfStore(err)
	}
	g.paths[id] = name
	return nil
}

// where is the path of an object's bytes; nil for what is not in the archive.
func (g *gathering) where(id fmt.Stringer) *string {
	if path, ok := g.paths[id]; ok {
		return &path
	}
	return nil
}

// made is when an object was.
func made(a file.Attached) time.Time {
	if a.File != nil {
		return a.File.CreatedAt.UTC()
	}
	return a.Artifact.CreatedAt.UTC()
}
