package app

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/weav-ai/weav/internal/worker"
)

// environment reads settings and gathers what is wrong with them.
type environment struct {
	// get reads a variable; what was asked for is a name of WEAV's.
	get    func(string) string
	asked  map[string]bool
	faults []error
}

func newEnvironment(getenv func(string) string) *environment {
	e := &environment{asked: map[string]bool{}}
	e.get = func(name string) string {
		e.asked[name] = true
		return getenv(name)
	}
	return e
}

func (e *environment) fault(format string, args ...any) {
	e.faults = append(e.faults, fmt.Errorf(format, args...))
}

func (e *environment) text(name, def string) string {
	if v := e.get(name); v != "" {
		return v
	}
	return def
}

// secret reads the first of names that is set, as NAME or from the file NAME_FILE names.
func (e *environment) secret(names ...string) string {
	found := ""
	for _, name := range names {
		if v := e.written(name); found == "" {
			found = v
		}
	}
	return found
}

// written is a secret as NAME or in the file NAME_FILE.
func (e *environment) written(name string) string {
	v, path := e.get(name), e.get(name+"_FILE")
	if v != "" || path == "" {
		return v
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		e.fault("%s_FILE cannot be read: %w", name, err)
		return ""
	}
	return strings.TrimSpace(string(raw))
}

func (e *environment) list(name string) []string {
	var out []string
	for _, v := range strings.Split(e.get(name), ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

func (e *environment) number(name string, def, most int) int { return e.whole(name, def, 1, most) }

// rate reads how many of something are allowed, where 0 is any number.
func (e *environment) rate(name string, def int) int { return e.whole(name, def, 0, 1_000_000) }

func (e *environment) whole(name string, def, least, most int) int {
	v := e.get(name)
	if v == "" {
		return def
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		e.fault("%s must be a whole number from %d to %d", name, least, most)
		return def
	}
	return n
}

func (e *environment) factor(name string, def float64) float64 {
	v := e.get(name)
	if v == "" {
		return def
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || f < 0 || f > 1000 {
		e.fault("%s must be a number from 0 to 1000", name)
		return def
	}
	return f
}

func (e *environment) duration(name string, def time.Duration) time.Duration {
	v := e.get(name)
	if v == "" {
		return def
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		e.fault("%s must be a duration such as 20s", name)
		return def
	}
	return d
}

// daily reads a time of the day and its time zone.
func (e *environment) daily(name, def, zoneName, zone string) worker.Daily {
	at, err := time.Parse("15:04", e.text(name, def))
	if err != nil {
		e.fault("%s must be a time of the day such as 00:00", name)
	}
	return worker.Daily{Hour: at.Hour(), Minute: at.Minute(), Zone: e.zone(zoneName, zone)}
}

func (e *environment) zone(name, def string) *time.Location {
	place, err := time.LoadLocation(e.text(name, def))
	if err != nil {
		e.fault("%s must be a time zone such as Asia/Seoul", name)
		return time.UTC
	}
	return place
}

func (e *environment) flag(name string, def bool) bool {
	v := e.get(name)
	if v == "" {
		return def
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		e.fault("%s must be true or false", name)
		return def
	}
	return b
}

func (e *environment) level(name string) slog.Level {
	var l slog.Level
	if v := e.get(name); v != "" {
		if err := l.UnmarshalText([]byte(v)); err != nil {
			e.fault("%s must be debug, info, warn or error", name)
		}
	}
	return l
}
