package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// jobFields are the fields of a job that a client shows.
const jobFields = `fragment J on Job {
  id kind status progress phase queuePosition runId text
  attempts { number failure { code } waitMs }
  failure { code message retryable }
  usage { inputTokens outputTokens images videoMs }
  result { text artifacts { id kind mimeType bytes sha256 url width height seconds } }
} `

// JobEvents is a subscription with everything a client needs to show a job.
const JobEvents = `subscription ($jobId: ID!, $after: EventCursor) { jobEvents(jobId: $jobId, after: $after) {
  __typename
  ... on Event { cursor occurredAt }
  ... on Resync { reason }
  ... on JobSnapshot { job { ...J } }
  ... on JobSaved { jobId job { ...J } }
  ... on JobProgressed { jobId progress phase }
  ... on JobTextDelta { jobId runId offset text }
  ... on ArtifactAdded { jobId artifactId }
  ... on JobEnded { jobId status length job { ...J } }
  ... on JobDeleted { jobId }
} } ` + jobFields

// Job is a job as a client shows it.
type Job struct {
	ID, Kind, Status, Phase, RunID string
	Progress                       *float64
	QueuePosition                  *int
	Text                           *string
	Attempts                       []struct {
		Number  int
		Failure *struct{ Code string }
		WaitMs  *int
	}
	Failure *struct {
		Code, Message string
		Retryable     bool
	}
	Usage *struct {
		InputTokens, OutputTokens, Images, VideoMs int64
	}
	Result *struct {
		Text      *string
		Artifacts []Artifact
	}
}

// Artifact is what a job made.
type Artifact struct {
	ID, Kind, MimeType, SHA256 string
	Bytes                      int64
	URL                        *string
	Width, Height              *int
	Seconds                    *float64
}

// JobEvent is an event of JobEvents.
type JobEvent struct {
	Typename   string `json:"__typename"`
	Cursor     string
	Reason     string
	JobID      string `json:"jobId"`
	RunID      string `json:"runId"`
	ArtifactID string `json:"artifactId"`
	Progress   *float64
	Phase      string
	Offset     int
	Text       string
	Status     string
	Length     int
	Job        *Job
}

// FollowJob subscribes to a job after cursor; an empty cursor starts with a snapshot.
func (s *Socket) FollowJob(jobID, cursor string) (<-chan json.RawMessage, error) {
	variables := map[string]any{"jobId": jobID}
	if cursor != "" {
		variables["after"] = cursor
	}
	return s.Subscribe(JobEvents, variables)
}

// JobEventOf reads a payload of JobEvents.
func JobEventOf(payload json.RawMessage) (JobEvent, error) {
	var out struct{ JobEvents JobEvent }
	err := decode(payload, &out)
	return out.JobEvents, err
}

// CreateJob creates a job; input is that of createJob.
func (c *Client) CreateJob(ctx context.Context, input map[string]any) (Job, error) {
	var out struct{ CreateJob jobPayload }
	err := c.Do(ctx, `mutation ($input: CreateJobInput!) { createJob(input: $input) {
		job { ...J } userErrors { message path ... on CreateJobUserError { code } } } } `+jobFields, map[string]any{"input": input}, &out)
	return out.CreateJob.read(err)
}

// CancelJob cancels a job.
func (c *Client) CancelJob(ctx context.Context, id string) (Job, error) {
	var out struct{ CancelJob jobPayload }
	err := c.Do(ctx, `mutation ($id: ID!) { cancelJob(input: {jobId: $id}) {
		job { ...J } userErrors { message path ... on CancelJobUserError { code } } } } `+jobFields, map[string]any{"id": id}, &out)
	return out.CancelJob.read(err)
}

// Job reads a job.
func (c *Client) Job(ctx context.Context, id string) (Job, error) {
	var out struct{ Node *Job }
	err := c.Do(ctx, `query ($id: ID!) { node(id: $id) { ...J } } `+jobFields, map[string]any{"id": id}, &out)
	if err == nil && out.Node == nil {
		err = fmt.Errorf("client: no job %s", id)
	}
	if err != nil {
		return Job{}, err
	}
	return *out.Node, nil
}

// jobPayload is the result of the job mutations.
type jobPayload struct {
	Job        *Job
	UserErrors []UserError
}

// UserError is one fault of an input.
type UserError struct {
	Message, Code string
	Path          []string
}

// read returns the job, or what the mutation answered instead.
func (p jobPayload) read(err error) (Job, error) {
	if err != nil {
		return Job{}, err
	}
	if p.Job == nil {
		return Job{}, fmt.Errorf("client: %+v", p.UserErrors)
	}
	return *p.Job, nil
}

// Fetch reads the file of a signed URL.
func (c *Client) Fetch(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("client: the file's address answers %s", res.Status)
	}
	return io.ReadAll(res.Body)
}
