package sandboxai

import (
	"strings"
	"time"
)

// maxWindow bounds the duration of a fault of polls and downloads, in milliseconds.
const maxWindow = 600_000

// mediaDirectives are the directives of pictures and videos only.
type mediaDirectives struct {
	// failAt is the progress in percent at which the work fails; failWith names the fault.
	failAt   int
	failWith string

	// pollFailsFor is how long after its start polls of a video fail with pollFailsWith.
	pollFailsFor  time.Duration
	pollFailsWith string
	// downloadFailsFor is how long after its end downloads of a video break off.
	downloadFailsFor time.Duration

	noProgress, truncated, wrongType bool

	// format is the type of pictures; empty for PNG.
	format string
}

// setFailAt reads PERCENT:FAULT.
func setFailAt(d *directives, value string) {
	percent, name, _ := strings.Cut(value, ":")
	at := never
	setNumber(&at, percent, 100)
	if _, ok := faults[name]; ok && at != never {
		d.failAt, d.failWith = at, name
	}
}

// setPollFailsFor reads MS:FAULT.
func setPollFailsFor(d *directives, value string) {
	ms, name, _ := strings.Cut(value, ":")
	if _, ok := faults[name]; ok {
		d.pollFailsFor, d.pollFailsWith = window(ms), name
	}
}

// window reads milliseconds; zero for an invalid number.
func window(ms string) time.Duration {
	n := 0
	setNumber(&n, ms, maxWindow)
	return time.Duration(n) * time.Millisecond
}
