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

// gatherer writes one export.
type gatherer struct {
	*archive

	db         *ent.Client
	store      *file.Service
	user       oid.User
	onProgress job.ReportProgress
	// paths are the paths of the bytes of files and artifacts in the archive. Objects without a path are not
	// in it.
	paths map[fmt.Stringer]string
	// done of total objects and chats are in the archive.
	done, total int
}

// readme is README.txt, which explains the archive to its reader.
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

// all writes the whole archive. The bytes come first, so that the JSON that follows can contain their paths.
func (g *gatherer) all(ctx context.Context, withFiles bool) error {
	if err := g.countTotal(ctx, withFiles); err != nil {
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

// countTotal counts the objects and chats, of which progress is a share.
func (g *gatherer) countTotal(ctx context.Context, withFiles bool) error {
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

// report reports the progress of the export.
func (g *gatherer) report(phase string) {
	if g.total == 0 {
		g.onProgress(nil, phase)
		return
	}
	progress := min(float64(g.done)/float64(g.total), 1)
	g.onProgress(&progress, phase)
}

// countDone counts one object or chat as done.
func (g *gatherer) countDone(phase string) {
	g.done++
	g.report(phase)
}

// fileBytes copies the uploads.
func (g *gatherer) fileBytes(ctx context.Context) error {
	n := 0
	for f, err := range g.files().all(ctx) {
		if err != nil {
			return wrap("files", err)
		}
		n++
		if f.Status != entfile.StatusReady {
			g.countDone(phaseFiles) // An upload that is not complete was not checked.
			continue
		}
		if err := g.bytes(ctx, f.ID, numbered("files", n, f.Name, ""), file.Attached{File: f}); err != nil {
			return err
		}
	}
	return nil
}

// artifactBytes copies the images and videos.
func (g *gatherer) artifactBytes(ctx context.Context) error {
	n := 0
	for a, err := range g.artifacts().all(ctx) {
		if err != nil {
			return wrap("artifacts", err)
		}
		n++
		if a.Kind == entartifact.KindText || a.Kind == entartifact.KindFile {
			g.countDone(phaseFiles) // A text is in artifacts.json. An export contains no exports.
			continue
		}
		name := numbered("artifacts", n, a.Prompt, media.Type(a.MimeType).Ext())
		if err := g.bytes(ctx, a.ID, name, file.Attached{Artifact: a}); err != nil {
			return err
		}
	}
	return nil
}

// bytes copies an object. One that was never uploaded, was deleted meanwhile or is lost is left out, so that
// it does not prevent the export of the rest.
func (g *gatherer) bytes(ctx context.Context, id fmt.Stringer, name string, a file.Attached) error {
	defer g.countDone(phaseFiles)
	r, err := g.store.Open(ctx, a)
	if errors.Is(err, file.ErrLost) {
		return nil
	}
	if err != nil {
		return job.OfStore(err)
	}
	defer r.Close()
	if err := g.copy(name, createdAt(a), r); err != nil {
		// The archive is too large, which another attempt does not change.
		if errors.Is(err, job.ErrTooLarge) {
			return err
		}
		return job.OfStore(err)
	}
	g.paths[id] = name
	return nil
}

// pathOf is the path of an object's bytes; nil when the archive does not contain them.
func (g *gatherer) pathOf(id fmt.Stringer) *string {
	if path, ok := g.paths[id]; ok {
		return &path
	}
	return nil
}

// createdAt is the time at which an object was created.
func createdAt(a file.Attached) time.Time {
	if a.File != nil {
		return a.File.CreatedAt.UTC()
	}
	return a.Artifact.CreatedAt.UTC()
}
