package servicetest

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/weav-ai/weav/test/servicetest/localserver"
)

// verdict is a test that only notes how it ended.
type verdict struct {
	testing.TB
	got string
}

func (*verdict) Helper() {}

func (v *verdict) Fatalf(string, ...any) {
	v.got = "fails"
	runtime.Goexit()
}

func (v *verdict) Skip(...any) {
	v.got = "skips"
	runtime.Goexit()
}

func TestVerdictOnServices(t *testing.T) {
	missing := fmt.Errorf("redis-server: %w", localserver.ErrMissing)
	tests := map[string]struct {
		services, require string
		err               error
		want              string
	}{
		"not installed":                {err: missing, want: "skips"},
		"not installed but required":   {err: missing, require: "1", want: "fails"},
		"installed but broken":         {err: errors.New("exit status 1"), want: "fails"},
		"switched off":                 {services: "off", want: "skips"},
		"switched off though required": {services: "off", require: "1", want: "fails"},
		"there":                        {want: "runs"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("WEAV_TEST_SERVICES", tc.services)
			t.Setenv("REQUIRE_SERVICES", tc.require)
			if got := judge(tc.err); got != tc.want {
				t.Errorf("the test %s, want: %s", got, tc.want)
			}
		})
	}
}

func judge(err error) string {
	v := &verdict{got: "runs"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wanted(v)
		if err != nil {
			failed(v, err)
		}
	}()
	<-done
	return v.got
}

func TestRounds(t *testing.T) {
	tests := map[string]struct {
		env  string
		want int
	}{
		"unset":     {"", fewRounds},
		"many":      {"200", 200},
		"no number": {"many", fewRounds},
		"negative":  {"-1", fewRounds},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("ROUNDS", tc.env)
			if got := Rounds(); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}
