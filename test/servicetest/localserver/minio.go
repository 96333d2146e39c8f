package localserver

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// MinIOPackage is what to build for these tests. MinIO offers no binary of this version, which is
// the last of its community edition.
const MinIOPackage = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"

// minioUser is the name of the account that may do everything.
const minioUser = "weav-test-root"

// MinIO starts a new, empty MinIO with one drive. Its URL holds the account that may do everything,
// with a password of its own; there is no bucket yet. What it has acknowledged survives Kill.
func MinIO() (*Server, error) {
	path, err := FindMinIO()
	if err != nil {
		return nil, err
	}
	account := url.UserPassword(minioUser, rand.Text())
	password, _ := account.Password()
	p := plan{
		name: "minio",
		argv: func(port int) []string { return minioArgs(path, port) },
		env: []string{
			"MINIO_ROOT_USER=" + minioUser,
			"MINIO_ROOT_PASSWORD=" + password,
			"MINIO_BROWSER=off",
			"MINIO_UPDATE=off", // It would ask a server on the internet.
		},
		url: func(port int) string {
			u := url.URL{Scheme: "http", User: account, Host: fmt.Sprintf("%s:%d", loopback, port)}
			return u.String()
		},
		ready:    minioReady,
		quit:     syscall.SIGTERM,
		orphaned: syscall.SIGKILL,
	}
	return open(p, noPreparation)
}

func minioArgs(path string, port int) []string {
	return []string{
		path, "server",
		"--address", loopback + ":" + strconv.Itoa(port),
		"--certs-dir", "certs", // Its own place for them is in the home of its user.
		dataName,
	}
}

// minioReady reads the log, which each start truncates. The line comes when requests are served.
func minioReady(dir string, _ int) bool {
	b, err := os.ReadFile(filepath.Join(dir, logName))
	return err == nil && bytes.Contains(b, []byte("\nAPI: http://"))
}
