package app

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// ours begin the names of settings and of nothing else that WEAV is to know.
var ours = []string{"WEAV_", "POSTGRES_", "PORTONE_", "SANDBOX_", "JOB_", "RATE_", "PROVIDER_", "QUOTA_", "S3_"}

// others are names that begin like ours and that others read: the tests, the compose file, Postgres' image, servers that build,
// and Kubernetes, which names each service in the environment of all containers.
var others = regexp.MustCompile(`^WEAV_TEST_|^WEAV_(PORT|VERSION|WORKERS)$|^POSTGRES_(INITDB_\w+|HOST_AUTH_METHOD|MULTIPLE_DATABASES?|EXTENSIONS)$|` +
	`^JOB_(NAME|BASE_NAME|URL|DISPLAY_URL|ID|STATUS|COMPLETION_INDEX)$|_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$`)

// crowded are beginnings that many programs share, whose names resemble each other without being meant for WEAV.
var crowded = []string{"AWS", "GOOGLE"}

const (
	// minTypoLength is the shortest name that another one is taken for a misspelling of.
	minTypoLength = 9
	// maxTypos is how many letters may differ.
	maxTypos = 2
)

// Names are the names of variables in the form of os.Environ, without those that are set to nothing.
func Names(environ []string) []string {
	var names []string
	for _, v := range environ {
		if name, value, _ := strings.Cut(v, "="); name != "" && value != "" {
			names = append(names, name)
		}
	}
	return names
}

// checkNames refuses variables that begin like settings and are none: an operator who set one counts on it.
func (e *environment) checkNames(names []string) {
	names = slices.Sorted(slices.Values(names))
	for _, name := range names {
		if !others.MatchString(name) && !e.known[name] && !isService(name, e.get(name)) {
			e.checkName(name)
		}
	}
}

// isService says whether Kubernetes set a variable for a service of that name.
func isService(name, value string) bool {
	return strings.HasSuffix(name, "_PORT") && strings.Contains(value, "://")
}

// checkName refuses one name that is no setting, if it begins like one.
func (e *environment) checkName(name string) {
	switch near := e.nearest(name); {
	case near != "":
		e.fault("%s is no setting of WEAV: did you mean %s? Unset it otherwise", name, near)
	case strings.HasPrefix(name, "PROVIDER_"):
		e.fault("%s is of a provider that PROVIDERS does not name: add it there, or unset the variable", name)
	case slices.ContainsFunc(ours, func(prefix string) bool { return strings.HasPrefix(name, prefix) }):
		e.fault("%s is no setting of WEAV, though it begins like one: unset it; `weav help settings` lists the settings", name)
	}
}

// nearest is the setting that a name is a misspelling of; empty for none. A name that continues a setting's whole name belongs
// to another program.
func (e *environment) nearest(name string) string {
	family, _, _ := strings.Cut(name, "_")
	best, least := "", maxTypos+1
	for _, known := range slices.Sorted(maps.Keys(e.known)) {
		goesOn := strings.HasPrefix(name, known) && name != known+"S"
		if slices.Contains(crowded, family) || goesOn || len(known) < minTypoLength || !strings.HasPrefix(known, family[:min(3, len(family))]) {
			continue
		}
		if n := editDistance(name, known); n < least {
			best, least = known, n
		}
	}
	return best
}

// editDistance is how many letters must be put in, left out or changed to make b of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
