package deploytest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/weav-ai/weav/internal/app"
)

// slowest is the fewest tokens a second of the models that ship; first is their longest wait for the first.
const (
	slowest = 20
	first   = 2 * time.Second
)

// TestTimesToStopFitEachOther: a reply of the most tokens ends within the time to stop, and no supervisor kills a process sooner.
func TestTimesToStopFitEachOther(t *testing.T) {
	t.Parallel()
	defaults, err := app.Load(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	longest := first + time.Duration(defaults.MaxOutputTokens)*time.Second/slowest
	if defaults.ShutdownTimeout <= longest {
		t.Errorf("SHUTDOWN_TIMEOUT is %v, a reply of %d tokens takes %v", defaults.ShutdownTimeout, defaults.MaxOutputTokens, longest)
	}
	services, _ := compose(t)
	graces := graces(t)
	for _, name := range []string{"api", "worker"} {
		cfg, err := app.Load(func(setting string) string {
			if setting == "SHUTDOWN_TIMEOUT" {
				return services[name].Environment[setting]
			}
			return ""
		})
		if err != nil {
			t.Fatal(err)
		}
		if cfg.ShutdownTimeout < defaults.ShutdownTimeout || graces[name] <= cfg.StopTime() {
			t.Errorf("%s waits %v, takes up to %v to stop, and is killed after %v", name, cfg.ShutdownTimeout, cfg.StopTime(), graces[name])
		}
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	unit := regexp.MustCompile(`TimeoutStopSec=(\d+)`).FindSubmatch(page)
	if unit == nil {
		t.Fatal("docs/operations.md has no unit with a TimeoutStopSec")
	}
	if grace, err := time.ParseDuration(string(unit[1]) + "s"); err != nil || grace <= defaults.StopTime() {
		t.Errorf("the unit of docs/operations.md kills after %v (%v), stopping takes up to %v", grace, err, defaults.StopTime())
	}
}

// graces are how long the engine waits for each service to stop.
func graces(t *testing.T) map[string]time.Duration {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Grace string `yaml:"stop_grace_period"`
		} `yaml:"services"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	all := map[string]time.Duration{}
	for name, s := range file.Services {
		if s.Grace == "" {
			continue
		}
		if all[name], err = time.ParseDuration(s.Grace); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	return all
}
