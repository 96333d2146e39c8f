// Package deploytest checks what can be checked of the deployment without an engine that runs it.
package deploytest

import (
	"bytes"
	"debug/elf"
	"encoding/json"
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
	"github.com/weav-ai/weav/internal/servicetest"
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
}

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
			if secret.MatchString(variable) && !strings.HasPrefix(value, "/run/secrets/") {
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
		if again[name] != value || other[name] == value || !named && len(value) < 32 {
			t.Errorf("%s is not random, not long or not kept", name)
		}
	}
}

// TestTheProgramIsStatic builds it as the image does.
func TestTheProgramIsStatic(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "weav")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", path, "./cmd/weav")
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
