package geminiai

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

var (
	errNotRef   = errors.New("the reference names no operation")
	errNoVideos = errors.New("the operation ended without a video")
	errFiltered = errors.New("the provider keeps what it made to itself")
)

// operationName is a path of plain segments, the second last of which is "operations".
var operationName = regexp.MustCompile(`^([A-Za-z0-9._~-]+/)*operations/[A-Za-z0-9._~-]+$`)

// isOperation reports whether name can be part of the path of a request.
func isOperation(name string) bool {
	return len(name) <= ai.MaxVideoRef && operationName.MatchString(name) && !strings.Contains(name, "..")
}

// operation requests a job and returns it when it runs, or is done with a video. Otherwise the error has
// JobFailed.
func (p *Provider) operation(ctx context.Context, model, ref string) (*genai.GenerateVideosOperation, *call, error) {
	c := &call{p: p, model: model, job: true}
	if !isOperation(ref) {
		return nil, nil, c.refuse(ai.BadRequest, errNotRef)
	}
	if e := c.stopped(ctx); e != nil {
		return nil, nil, e
	}
	seen, x := observed(ctx)
	op, err := guard(func() (*genai.GenerateVideosOperation, error) {
		return p.sdk.Operations.GetVideosOperation(seen, &genai.GenerateVideosOperation{Name: ref}, nil)
	})
	switch {
	case err != nil:
		return nil, nil, c.failed(ctx, x, err)
	case x.broken != nil:
		return nil, nil, c.broken(x)
	case !op.Done && !isOperation(op.Name):
		return nil, nil, c.malformed(x) // Any JSON object decodes as a running operation.
	}
	if e := c.jobFailure(op); e != nil {
		e.HTTP, e.JobFailed = x.status, true
		return nil, nil, e
	}
	return op, c, nil
}

// jobFailure is how a job failed; nil when it runs or has a video.
func (c *call) jobFailure(op *genai.GenerateVideosOperation) *ai.Error {
	switch {
	case !op.Done:
		return nil
	case len(op.Error) > 0:
		return c.operationFailure(op.Error)
	case len(videosOf(op)) > 0:
		return nil
	case op.Response != nil && (op.Response.RAIMediaFilteredCount > 0 || len(op.Response.RAIMediaFilteredReasons) > 0):
		return c.failure(ai.ContentBlocked, errFiltered)
	default:
		return c.failure(ai.NoOutput, errNoVideos)
	}
}

// operationFailure translates the error that ended an operation. Its code is one of gRPC's.
func (c *call) operationFailure(reported map[string]any) *ai.Error {
	code, _ := reported["code"].(float64)
	apiErr := genai.APIError{Message: text(reported["message"]), Status: statusOf(int(code))}
	for _, d := range list(reported["details"]) {
		if detail, ok := d.(map[string]any); ok {
			apiErr.Details = append(apiErr.Details, detail)
		}
	}
	e := c.failure(kindOf(apiErr), fmt.Errorf("the operation failed: %s", c.redact(apiErr.Message)))
	e.Code, e.RetryAfter = codeOf(apiErr), retryDelay(apiErr)
	return e
}

// statusOf names a gRPC code; an invalid one is UNKNOWN.
func statusOf(code int) string {
	names := []string{
		"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
		"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
		"UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
	}
	if code <= 0 || code >= len(names) {
		return "UNKNOWN"
	}
	return names[code]
}

// videosOf are the addresses of an operation's videos.
func videosOf(op *genai.GenerateVideosOperation) []string {
	if op.Response == nil {
		return nil
	}
	var uris []string
	for _, v := range op.Response.GeneratedVideos {
		if v != nil && v.Video != nil && v.Video.URI != "" {
			uris = append(uris, v.Video.URI)
		}
	}
	return uris
}
