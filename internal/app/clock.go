package app

import (
	"fmt"
	"time"

	"github.com/weav-ai/weav/internal/worker"
)

// TimeOfDay is a minute of the day.
type TimeOfDay struct{ Hour, Minute int }

// UnmarshalText implements encoding.TextUnmarshaler: it reads 15:04.
func (d *TimeOfDay) UnmarshalText(text []byte) error {
	at, err := time.Parse("15:04", string(text))
	if err != nil {
		return fmt.Errorf("time of the day: %w", err)
	}
	d.Hour, d.Minute = at.Hour(), at.Minute()
	return nil
}

// Zone is a time zone.
type Zone struct{ location *time.Location }

// UnmarshalText implements encoding.TextUnmarshaler: it reads Asia/Seoul.
func (z *Zone) UnmarshalText(text []byte) error {
	location, err := time.LoadLocation(string(text))
	if err != nil {
		return fmt.Errorf("time zone: %w", err)
	}
	z.location = location
	return nil
}

// Location is the zone; UTC for the zero Zone.
func (z Zone) Location() *time.Location {
	if z.location == nil {
		return time.UTC
	}
	return z.location
}

// JobCleanup is when old jobs are cleaned up each day.
type JobCleanup struct {
	At   TimeOfDay `env:"JOB_CLEANUP_AT" envDefault:"00:00" help:"when old jobs are cleaned up each day"`
	Zone Zone      `env:"JOB_CLEANUP_TIME_ZONE" envDefault:"Asia/Seoul" help:"the time zone of JOB_CLEANUP_AT"`
}

func (j JobCleanup) daily() worker.Daily {
	return worker.Daily{Hour: j.At.Hour, Minute: j.At.Minute, Zone: j.Zone.Location()}
}
