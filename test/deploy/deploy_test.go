// Package deploytest checks what can be checked of the deployment without an engine that runs it.
package deploytest

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"debug/elf"
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"go.yaml.in/yaml/v3"

	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

const root = "../.."

// service is what the checks look at.
type service struct {
	Image       string            `yaml:"image"`
	Build       any               `yaml:"build"`
	Environment map[string]string `yaml:"environment"`
	Secrets     []string          `yaml:"secrets"`
	ReadOnly    bool              `yaml:"read_only"`
	CapDrop     []string          `yaml:"cap_drop"`
	Ports       []string          `yaml:"ports"`
	Tmpfs       []string          `yaml:"tmpfs"`
	Volumes     []string          `yaml:"volumes"`
	Networks    []string          `yaml:"networks"`
}

// ofOthers are secrets that somebody else gives out.
var ofOthers = []string{"portone_api_secret", "portone_webhook_secret", "openai_api_key", "gemini_api_key"}

func compose(t *testing.T) (services map[string]service, secrets map[string]struct{ File string }) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]service               `yaml:"services"`
		Secrets  map[string]struct{ File string } `yaml:"secrets"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file.Services, file.Secrets
}

// pinned is a tag that names one release.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+:\d+(\.\d+)*[a-z0-9.-]*$`)

func TestServicesArePinnedAndHardened(t *testing.T) {
	t.Parallel()
	services, secrets := compose(t)
	for _, name := range []string{"postgres", "redis", "minio", "minio-setup", "migrate", "api", "front", "worker"} {
		if _, ok := services[name]; !ok {
			t.Errorf("there is no service %s", name)
		}
	}
	for name, s := range services {
		if s.Build == nil && !pinned.MatchString(s.Image) {
			t.Errorf("%s: the image %q names no release", name, s.Image)
		}
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) {
			t.Errorf("%s may write to its file system, or has capabilities", name)
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s publishes %s", name, p)
			}
		}
		for _, secret := range s.Secrets {
			if secrets[secret].File == "" {
				t.Errorf("%s wants the secret %s, which is no file", name, secret)
			}
		}
	}
}

// TestNoSecretStandsInTheFile: what is secret comes from a file.
func TestNoSecretStandsInTheFile(t *testing.T) {
	t.Parallel()
	services, _ := compose(t)
	secret := regexp.MustCompile(`(PASSWORD|SECRET|KEY|TOKEN)`)
	for name, s := range services {
		for variable, value := range s.Environment {
			isShown := variable == "PORTONE_CHANNEL_KEY" // Browsers get it.
			if secret.MatchString(variable) && !isShown && !strings.HasPrefix(value, "/run/secrets/") {
				t.Errorf("%s: %s is %q", name, variable, value)
			}
		}
	}
}

// TestSettingsAreThoseTheProgramReads catches a name that was changed on one side only.
func TestSettingsAreThoseTheProgramReads(t *testing.T) {
	t.Parallel()
	services, _ := compose(t)
	for _, name := range []string{"api", "worker", "migrate"} {
		asked := map[string]bool{}
		_, err := app.Load(func(variable string) string {
			asked[variable] = true
			value := services[name].Environment[variable]
			if strings.HasPrefix(value, "${") || strings.HasPrefix(value, "/run/secrets/") {
				return "" // The one is the shell's, the other is not here.
			}
			return value
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for variable := range services[name].Environment {
			if !asked[variable] && variable != "TMPDIR" { // Go's own.
				t.Errorf("%s sets %s, which the program does not read", name, variable)
			}
		}
	}
}

// shellValue is what Compose makes of ${NAME:-default}.
var shellValue = regexp.MustCompile(`^\$\{(\w+)(?::-(.*))?\}$`)

// settingsOf are a service's settings when the shell has these variables and the files of secrets hold those values.
func settingsOf(t *testing.T, s service, shell, files map[string]string) func(string) string {
	t.Helper()
	folder := t.TempDir()
	return func(name string) string {
		value := s.Environment[name]
		if m := shellValue.FindStringSubmatch(value); m != nil {
			return cmp.Or(shell[m[1]], m[2])
		}
		secret, isFile := strings.CutPrefix(value, "/run/secrets/")
		if !isFile {
			return value
		}
		path := filepath.Join(folder, secret)
		if err := os.WriteFile(path, []byte(files[secret]+"\n"), 0o600); err != nil {
			t.Error(err)
		}
		return path
	}
}

// TestTheDeploymentStartsAsItsReadmeSays: with people of Firebase and payments of PortOne, with billing off, and to try it out.
func TestTheDeploymentStartsAsItsReadmeSays(t *testing.T) {
	t.Parallel()
	services, secrets := compose(t)
	files := map[string]string{}
	for name := range secrets {
		files[name] = rand.Text() + rand.Text()
	}
	files["redis_url"] = "redis://:x@redis:6379/0"
	files["sealing_keys"] = "first " + base64.StdEncoding.EncodeToString([]byte(files["jwt_secret"][:32]))
	bare := maps.Clone(files)
	for _, name := range ofOthers {
		bare[name] = ""
	}
	files["portone_webhook_secret"] = "whsec_" + base64.StdEncoding.EncodeToString([]byte("a webhook's secret"))
	cases := map[string]struct {
		shell, files map[string]string
		starts       bool
	}{
		"to try it out":          {nil, bare, true},
		"with Firebase, PortOne": {map[string]string{"AUTH": "firebase:weav", "PAYMENTS": "portone:store-1", "PORTONE_CHANNEL_KEY": "channel"}, files, true},
		"without billing":        {map[string]string{"AUTH": "firebase:weav", "ENABLE_BILLING": "false"}, bare, true},
		"with a sandbox for all": {map[string]string{"AUTH": "firebase:weav"}, files, false},
	}
	parts := map[string]app.Part{"api": {Serves: true}, "worker": {Works: true}}
	for name, c := range cases {
		for of, part := range parts {
			cfg, err := app.Load(settingsOf(t, services[of], c.shell, c.files))
			if err == nil {
				err = cfg.Check(part)
			}
			if (err == nil) != c.starts {
				t.Errorf("%s, the %s: %v", name, of, err)
			}
		}
	}
	for of := range parts {
		if !slices.Contains(services[of].Networks, "outside") {
			t.Errorf("the %s reaches neither providers nor the gateway of payments", of)
		}
	}
}

// TestWorkersHaveADiskForExports: one has many gigabytes, and what the temporary folder is else is memory.
func TestWorkersHaveADiskForExports(t *testing.T) {
	t.Parallel()
	services, _ := compose(t)
	worker := services["worker"]
	folder := worker.Environment["TMPDIR"]
	onDisk := slices.ContainsFunc(worker.Volumes, func(v string) bool { return strings.HasSuffix(v, ":"+folder) })
	inMemory := slices.ContainsFunc(worker.Tmpfs, func(v string) bool { return v == folder || strings.HasPrefix(v, folder+":") })
	if folder == "" || !onDisk || inMemory {
		t.Errorf("the temporary folder is %q, of the volumes %v and memory %v", folder, worker.Volumes, worker.Tmpfs)
	}
	if limit := worker.Environment["EXPORT_MAX_GB"]; limit != "" {
		t.Errorf("exports are limited to %s GB", limit)
	}
}

func TestScriptsParse(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"deploy/secrets.sh", "deploy/minio/setup.sh", "deploy/redis/start.sh"} {
		if out, err := exec.CommandContext(t.Context(), "sh", "-n", filepath.Join(root, script)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
}

// TestSecretsAreRandomLongAndKept runs the script twice.
func TestSecretsAreRandomLongAndKept(t *testing.T) {
	t.Parallel()
	_, secrets := compose(t)
	read := func(folder string) map[string]string {
		if out, err := exec.CommandContext(t.Context(), "sh", filepath.Join(root, "deploy", "secrets.sh"), folder).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		values := map[string]string{}
		for name, s := range secrets {
			raw, err := os.ReadFile(filepath.Join(folder, filepath.Base(s.File)))
			if err != nil {
				t.Fatal(err)
			}
			values[name] = strings.TrimSpace(string(raw))
		}
		return values
	}
	folder := t.TempDir()
	first, again, other := read(folder), read(folder), read(t.TempDir())
	for name, value := range first {
		named := name == "minio_root_user" || name == "minio_app_access_key"
		if slices.Contains(ofOthers, name) {
			if value != "" {
				t.Errorf("%s is made up", name)
			}
			continue
		}
		if again[name] != value || other[name] == value || !named && len(value) < 32 {
			t.Errorf("%s is not random, not long or not kept", name)
		}
	}
}

// TestTheProgramIsStatic builds it as the image does.
func TestTheProgramIsStatic(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "weav")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "./cmd/weav")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program, err := elf.Open(path)
	if err != nil {
		t.Skip("not an ELF system: ", err)
	}
	defer func() { _ = program.Close() }() // It was only read from.
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the program needs a loader, which the image does not have")
		}
	}
}

// TestThePolicyAllowsWhatWeavNeedsAndNothingElse holds a session to the policy, on a real MinIO.
func TestThePolicyAllowsWhatWeavNeedsAndNothingElse(t *testing.T) {
	t.Parallel()
	policy, err := os.ReadFile(filepath.Join(root, "deploy", "minio", "policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(policy) {
		t.Fatal("the policy is no JSON")
	}
	own, foreign := servicetest.MinIO(t), servicetest.MinIO(t)
	// The bucket has another name here; the policy is the same.
	policy = bytes.ReplaceAll(policy, []byte("weavai-files"), []byte(own.Bucket))
	session, err := credentials.NewSTSAssumeRole(own.Endpoint, credentials.STSAssumeRoleOptions{
		AccessKey: own.AccessKey, SecretKey: own.SecretKey, Policy: string(policy),
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := minio.New(strings.TrimPrefix(own.Endpoint, "http://"), &minio.Options{Creds: session, Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	put := func(bucket string) error {
		_, err := c.PutObject(t.Context(), bucket, "a", strings.NewReader("x"), 1, minio.PutObjectOptions{})
		return err
	}
	list := func(bucket string) error {
		for o := range c.ListObjects(t.Context(), bucket, minio.ListObjectsOptions{}) {
			return o.Err
		}
		return nil
	}
	if err := put(own.Bucket); err != nil {
		t.Errorf("put: %v", err)
	}
	if _, err := c.StatObject(t.Context(), own.Bucket, "a", minio.StatObjectOptions{}); err != nil {
		t.Errorf("get: %v", err)
	}
	if err := list(own.Bucket); err != nil {
		t.Errorf("list: %v", err)
	}
	if err := c.RemoveObject(t.Context(), own.Bucket, "a", minio.RemoveObjectOptions{}); err != nil {
		t.Errorf("delete: %v", err)
	}
	for what, err := range map[string]error{
		"to write into another bucket": put(foreign.Bucket),
		"to make a bucket":             c.MakeBucket(t.Context(), "one-more", minio.MakeBucketOptions{}),
		"to remove its bucket":         c.RemoveBucket(t.Context(), own.Bucket),
		"to change its bucket's rules": c.SetBucketPolicy(t.Context(), own.Bucket, `{"Version":"2012-10-17","Statement":[]}`),
	} {
		if minio.ToErrorResponse(err).Code != minio.AccessDenied {
			t.Errorf("it is allowed %s: %v", what, err)
		}
	}
	if _, err := c.GetBucketPolicy(t.Context(), own.Bucket); minio.ToErrorResponse(err).Code != minio.AccessDenied {
		t.Errorf("it is allowed to read its bucket's rules: %v", err)
	}
}
