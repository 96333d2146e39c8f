package pay_test

import (
	"errors"
	"regexp"
	"testing"

	"github.com/weav-ai/weav/internal/pay"
)

func TestNewID(t *testing.T) {
	t.Parallel()
	fits := regexp.MustCompile(`^[a-zA-Z0-9]{16,40}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := pay.NewID()
		if !fits.MatchString(id) || seen[id] {
			t.Fatalf("%q does not fit every gateway, or was given before", id)
		}
		seen[id] = true
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	cause := errors.New("HTTP 500")
	for _, err := range []error{pay.Fault(pay.ErrUnavailable, "not now", cause), pay.Fault(pay.ErrUnavailable, "not now", nil)} {
		if !errors.Is(err, pay.ErrUnavailable) || errors.Is(err, pay.ErrRefused) {
			t.Errorf("%v is of another kind", err)
		}
	}
	if err := pay.Fault(pay.ErrUnavailable, "not now", cause); !errors.Is(err, cause) {
		t.Errorf("%v has lost its cause", err)
	}
}
