package graph

import "github.com/weav-ai/weav/internal/errs"

// choice is what the value of an enum stands for. A value that the table lacks fails: it must never become a zero value.
func choice[E ~string, V any](of map[E]V, value E) (V, error) {
	v, ok := of[value]
	if !ok {
		return v, errs.New(errs.BadUserInput, "This is no value of the enum. Their case counts.")
	}
	return v, nil
}
