package graph

import "github.com/weav-ai/weav/internal/errs"

// choice maps the value of an enum. It fails for a value that the table does not have: the zero value could be another choice.
func choice[E ~string, V any](of map[E]V, value E) (V, error) {
	v, ok := of[value]
	if !ok {
		return v, errs.New(errs.BadUserInput, "This is no value of the enum. Their case counts.")
	}
	return v, nil
}
