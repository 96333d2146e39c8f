package localserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// postgresPlaces are where packages put Postgres's server programs, which are often not in PATH.
var postgresPlaces = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
}

// FindPostgres returns the directory of the newest Postgres's initdb and postgres,
// or ErrMissing.
func FindPostgres() (string, error) {
	var found []string
	for _, place := range postgresPlaces {
		dirs, _ := filepath.Glob(filepath.Join(place, "initdb")) // The patterns are well formed.
		found = append(found, dirs...)
	}
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, byVersion)), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", fmt.Errorf("postgres: %w", ErrMissing)
	}
	return filepath.Dir(path), nil
}

// FindRedis returns the path of redis-server, or ErrMissing.
func FindRedis() (string, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", fmt.Errorf("redis-server: %w", ErrMissing)
	}
	return path, nil
}

// FindMinIO returns the path of minio, or ErrMissing: the one that was built for these tests, else
// one in PATH.
func FindMinIO() (string, error) {
	built := MinIOBuild()
	if info, err := os.Stat(built); err == nil && info.Mode().IsRegular() {
		return built, nil
	}
	path, err := exec.LookPath("minio")
	if err != nil {
		return "", fmt.Errorf("minio, which make test builds: %w", ErrMissing)
	}
	return path, nil
}

// MinIOBuild is where the build of MinIOPackage belongs. It takes minutes, so it is kept outside
// the tree, under its version, beside the linter.
func MinIOBuild() string {
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	_, version, _ := strings.Cut(MinIOPackage, "@")
	return filepath.Join(cache, "weav", "minio-"+version, "minio")
}

func byVersion(a, b string) int { return version(a) - version(b) }

// version is the major version in a path such as /usr/lib/postgresql/15/bin/initdb; 0 when there is none.
func version(path string) int {
	numbers := strings.FieldsFunc(path, func(r rune) bool { return r < '0' || '9' < r })
	if len(numbers) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(numbers[0]) // Digits only; an absurd number of them counts as any.
	return n
}
