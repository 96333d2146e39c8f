package graph

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/locale"
)

// Reason is the code of a userError.
type Reason errs.Reason

// MarshalGQL writes the code as an enum value.
func (r Reason) MarshalGQL(w io.Writer) {
	// A failed write shows again when the response is sent.
	_, _ = io.WriteString(w, strconv.Quote(string(r)))
}

// UnmarshalGQL refuses: the codes are never input.
func (r *Reason) UnmarshalGQL(any) error {
	return fmt.Errorf("graph: %T is no input", *r)
}

// inputError is the form the generator gives every userError.
type inputError interface {
	~struct {
		Message string   `json:"message"`
		Path    []string `json:"path"`
		Code    Reason   `json:"code"`
	}
}

// userErrors splits a service's error. What the user can correct becomes the payload's userErrors, in the language of the
// reader; any other error stays a top-level error.
func userErrors[T inputError](ctx context.Context, err error) ([]*T, error) {
	inputs, ok := errs.InputOf(err)
	if !ok {
		return []*T{}, err
	}
	out := make([]*T, len(inputs))
	for i, e := range inputs {
		out[i] = &T{Message: locale.Render(ctx, e.Text), Path: e.Path, Code: Reason(e.Reason)}
	}
	return out, nil
}
