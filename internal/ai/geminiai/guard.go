package geminiai

import (
	"errors"
	"iter"
)

// errMisshapen is an answer whose JSON has not the shape of the API's. The SDK's decoder takes
// that shape for granted and panics.
var errMisshapen = errors.New("answer has not the shape of the API's")

// guard returns errMisshapen in place of a panic of the SDK.
func guard[T any](do func() (T, error)) (result T, err error) {
	defer func() {
		if recover() != nil {
			err = errMisshapen
		}
	}()
	return do()
}

// guardEach does the same between the elements of seq. A panic of its reader goes on.
func guardEach[T any](seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		reading := false
		defer func() {
			if !reading && recover() != nil {
				var none T
				yield(none, errMisshapen)
			}
		}()
		for v, err := range seq {
			reading = true
			if !yield(v, err) {
				return
			}
			reading = false
		}
	}
}
