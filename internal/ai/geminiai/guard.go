package geminiai

import (
	"errors"
	"iter"
)

// errMisshapen is the error of an answer whose JSON does not have the API's structure. The SDK's decoder
// assumes that structure and panics.
var errMisshapen = errors.New("answer has not the shape of the API's")

// guard returns errMisshapen in place of a panic of the SDK: one malformed answer must not end the process.
func guard[T any](do func() (T, error)) (result T, err error) {
	defer func() {
		if recover() != nil {
			err = errMisshapen
		}
	}()
	return do()
}

// guardEach does the same between the elements of seq. A panic of the reader is not caught.
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
