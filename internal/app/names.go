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
	// leastAlike is the shortest name that another one is taken for a slip of.
	leastAlike = 9
	// mostSlips is how many letters may differ.
	mostSlips = 2
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

// checkNames refuses variables that begin like settings and are none: whoever set one counts on it.
func (e *environment) checkNames(names []string) {
	names = slices.Sorted(slices.Values(names))
	for _, name := range names {
		if !others.MatchString(name) && !e.asked[name] && !isService(name, e.get(name)) {
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
		e.fault("%s is no setting of WEAV, though it begins like one: unset it; the README lists the settings", name)
	}
}

// nearest is the setting that a name is a slip of; empty for none. One that only goes on where a setting ends is meant for
// somebody else.
func (e *environment) nearest(name string) string {
	family, _, _ := strings.Cut(name, "_")
	best, least := "", mostSlips+1
	for _, known := range slices.Sorted(maps.Keys(e.asked)) {
		if known == name { // It was only read to look at its value.
			continue
		}
		goesOn := strings.HasPrefix(name, known) && name != known+"S"
		if slices.Contains(crowded, family) || goesOn || len(known) < leastAlike || !strings.HasPrefix(known, family[:min(3, len(family))]) {
			continue
		}
		if n := slips(name, known); n < least {
			best, least = known, n
		}
	}
	return best
}

// slips is how many letters must be put in, left out or changed to make b of a.
func slips(a, b string) int {
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

// checkUnread refuses settings of the original's that count for nothing beside the others.
func (e *environment) checkUnread(c Config) { //nolint:gocyclo // One case for each setting that has no effect alone.
	for _, name := range []string{"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_DB", "POSTGRES_PORT", "POSTGRES_SSLMODE"} {
		value := e.get(name)
		if c.sqlite() && e.get("DATABASE_URL") == "" && e.get("DATABASE_URL_FILE") == "" && value != "" && !strings.HasPrefix(value, "tcp://") {
			e.fault("%s is set without POSTGRES_HOST, so the embedded SQLite would be used: set POSTGRES_HOST or DATABASE_URL too, or unset it", name)
			break
		}
	}
	for _, name := range []string{"FIREBASE_SERVICE_ACCOUNT_KEY_PATH", "FIREBASE_SERVICE_ACCOUNT_KEY_JSON", "FIREBASE_SERVICE_ACCOUNT_KEY_JSON_FILE"} {
		if w, err := c.ways(); e.get(name) != "" && err == nil && w.project == "" {
			e.fault("%s is set, but AUTH=%s does not sign in with Firebase: set AUTH=firebase, or unset it", name, c.Auth)
			break
		}
	}
	if e.get("AWS_STORAGE_BUCKET_NAME") != "" && c.Files.URL == "" {
		e.fault("AWS_STORAGE_BUCKET_NAME is set without AWS_S3_ENDPOINT_URL, so files would lie in a folder: set that too (https://s3.REGION.amazonaws.com at AWS), or BLOB_URL, or unset it")
	}
	if p := c.Payments; c.Billing && e.get("PAYMENTS") == "" && (p.APISecret.IsSet() || p.WebhookSecret.IsSet()) {
		e.fault("PORTONE_API_SECRET or PORTONE_WEBHOOK_SECRET is set without PAYMENTS, so the sandbox would take payments: set PAYMENTS=portone:STORE_ID too, or PAYMENTS=sandbox")
	}
}
