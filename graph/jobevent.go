package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/oid"
)

// The events of jobs and files.
type (
	// JobSnapshot is the job to begin with.
	JobSnapshot struct {
		at
		onJob
		JobID oid.Job
	}
	// JobSaved says that a job was ordered or changed.
	JobSaved struct {
		at
		onViewerAndJob
		JobID oid.Job
	}
	// JobProgressed says how far a job is.
	JobProgressed struct {
		at
		onJob
		JobID    oid.Job
		Progress *float64
		Phase    string
	}
	// JobTextDelta is a piece of a text job's text.
	JobTextDelta struct {
		at
		onJob
		JobID  oid.Job
		RunID  oid.Run
		Offset int
		Text   string
	}
	// JobEnded says how a job ended.
	JobEnded struct {
		at
		onViewerAndJob
		JobID  oid.Job
		Status entjob.Status
		Length int
	}
	// JobDeleted says that a job was cleaned up.
	JobDeleted struct {
		at
		onViewerAndJob
		JobID oid.Job
	}
	// ArtifactAdded says that a job made something.
	ArtifactAdded struct {
		at
		onViewerAndJob
		ArtifactID oid.Artifact
		JobID      oid.Job
	}
	// ArtifactSaved says that an artifact was marked or shared.
	ArtifactSaved struct {
		at
		onViewer
		ArtifactID oid.Artifact
	}
	// ArtifactDeleted says that an artifact is gone.
	ArtifactDeleted struct {
		at
		onViewer
		ArtifactID oid.Artifact
	}
	// FileSaved says that a file became usable.
	FileSaved struct {
		at
		onViewer
		FileID oid.File
	}
	// FileDeleted says that a file is gone.
	FileDeleted struct {
		at
		onViewer
		FileID oid.File
	}
)

// Job reads the job as of now.
func (e JobSnapshot) Job(ctx context.Context) (*ent.Job, error) { return loadJob(ctx, e.JobID) }

// Job reads the job as of now.
func (e JobSaved) Job(ctx context.Context) (*ent.Job, error) { return loadJob(ctx, e.JobID) }

// Job reads the job as of now.
func (e JobEnded) Job(ctx context.Context) (*ent.Job, error) { return loadJob(ctx, e.JobID) }

// Artifact reads the artifact as of now.
func (e ArtifactAdded) Artifact(ctx context.Context) (*ent.Artifact, error) {
	return loadArtifact(ctx, e.ArtifactID)
}

// Artifact reads the artifact as of now.
func (e ArtifactSaved) Artifact(ctx context.Context) (*ent.Artifact, error) {
	return loadArtifact(ctx, e.ArtifactID)
}

// File reads the file as of now.
func (e FileSaved) File(ctx context.Context) (*ent.File, error) { return loadFile(ctx, e.FileID) }
