package sandboxai

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Bounds of directives' values.
const (
	maxTokens     = 100_000
	maxFirstAfter = 600_000
	maxDeltas     = 1_000_000
	maxAttempts   = 100
)

// never is a place in the deltas that is not reached.
const never = -1

// directives are the settings that a turn's directives make.
type directives struct {
	fault     *fault
	failTimes int

	dropAfter, stallAfter, filterAfter int

	echo, describeImages, refusal, nul, noUsage bool

	// only is the model to which modelFault applies.
	only       string
	modelFault *fault
	// maxTurns is how long a conversation may be.
	maxTurns int

	// tokens is the requested length; zero for the default.
	tokens int
	// pace multiplies the waits.
	pace float64
	// firstAfter replaces the wait before the first delta unless negative.
	firstAfter time.Duration

	titleFails bool

	// planFault is the fault of a plan; planStaysBad is set when a repaired plan has it too.
	planFault    string
	planStaysBad bool

	mediaDirectives

	// any is set when there was a directive.
	any bool
}

// directive also matches the blanks after it, so that none remain in a sentence.
var directive = regexp.MustCompile(`\[sandbox:([a-z_]+)(?:=([^\[\]\s]{0,64}))?\][ \t]*`)

// strip returns text without its directives.
func strip(text string) string {
	return strings.TrimSpace(directive.ReplaceAllLiteralString(text, ""))
}

// parse reads the directives of text.
func parse(text string) directives {
	d := directives{dropAfter: never, stallAfter: never, filterAfter: never, maxTurns: never, pace: 1, firstAfter: never}
	d.failAt = never
	for _, m := range directive.FindAllStringSubmatch(text, -1) {
		name, value := m[1], m[2]
		d.any = true
		if set, ok := setters[name]; ok {
			set(&d, value)
			continue
		}
		if f, ok := faults[name]; ok {
			d.fault, d.failTimes = &f, 0
		}
	}
	return d
}

// setters are the directives that are no plain fault.
var setters = map[string]func(d *directives, value string){
	"fail_times":   setFailTimes,
	"fail_model":   setFailModel,
	"drop_after":   func(d *directives, v string) { setNumber(&d.dropAfter, v, maxDeltas) },
	"stall_after":  func(d *directives, v string) { setNumber(&d.stallAfter, v, maxDeltas) },
	"filter_after": func(d *directives, v string) { setNumber(&d.filterAfter, v, maxDeltas) },
	"tokens":       func(d *directives, v string) { setNumber(&d.tokens, v, maxTokens) },
	"max_turns":    func(d *directives, v string) { setNumber(&d.maxTurns, v, maxDeltas) },
	"first_after":  setFirstAfter,
	"slow":         func(d *directives, _ string) { d.pace = 10 },
	"fast":         func(d *directives, _ string) { d.pace = 0 },
	"echo":         func(d *directives, _ string) { d.echo = true },
	"sees":         func(d *directives, _ string) { d.describeImages = true },
	"refusal":      func(d *directives, _ string) { d.refusal = true },
	"nul":          func(d *directives, _ string) { d.nul = true },
	"no_usage":     func(d *directives, _ string) { d.noUsage = true },
	"title_fails":  func(d *directives, _ string) { d.titleFails = true },
	"plan_fault":   setPlanFault,
	"stall":        func(d *directives, _ string) { d.stallAfter = maxDeltas },

	"fail_at":            setFailAt,
	"poll_fails_for":     setPollFailsFor,
	"download_fails_for": func(d *directives, v string) { d.downloadFailsFor = window(v) },
	"no_progress":        func(d *directives, _ string) { d.noProgress = true },
	"truncated":          func(d *directives, _ string) { d.truncated = true },
	"wrong_type":         func(d *directives, _ string) { d.wrongType = true },
	"jpeg":               func(d *directives, _ string) { d.format = jpegType },
	"webp":               func(d *directives, _ string) { d.format = webpType },
}

// setNumber sets n to value, at most limit. An invalid number changes nothing.
func setNumber(n *int, value string, limit int) {
	if v, err := strconv.ParseUint(value, 10, 31); err == nil {
		*n = min(int(v), limit)
	}
}

// setFirstAfter reads a wait in milliseconds.
func setFirstAfter(d *directives, value string) {
	ms := never
	setNumber(&ms, value, maxFirstAfter)
	if ms != never {
		d.firstAfter = time.Duration(ms) * time.Millisecond
	}
}

// setFailTimes reads N:FAULT.
func setFailTimes(d *directives, value string) {
	times, name, _ := strings.Cut(value, ":")
	f, ok := faults[name]
	n := 0
	setNumber(&n, times, maxAttempts)
	if ok && n > 0 {
		d.fault, d.failTimes = &f, n
	}
}

// setFailModel reads MODEL or MODEL:FAULT.
func setFailModel(d *directives, value string) {
	model, name, named := strings.Cut(value, ":")
	if !named {
		name = "model_gone"
	}
	if f, ok := faults[name]; ok && model != "" {
		d.only, d.modelFault = model, &f
	}
}

// at is d for a call of that many turns to model.
func (d directives) at(model string, turns int) directives {
	if d.modelFault != nil && d.only == model {
		d.fault, d.failTimes = d.modelFault, 0
	}
	if d.maxTurns != never && turns > d.maxTurns {
		tooLong := faults["context_length"]
		d.fault, d.failTimes = &tooLong, 0
	}
	return d
}

// due is f if it applies to this attempt: to all, or to the first ones only.
func due(f *fault, times, attempt int) *fault {
	if times > 0 && attempt > times {
		return nil
	}
	return f
}
