package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/blob/fileblob"
	"github.com/weav-ai/weav/internal/blob/s3blob"
)

// blobPath is where the server answers for files that it keeps itself.
const blobPath = "/blobs"

// Files is where files are kept.
type Files struct {
	// URL is empty for a folder in DataDir.
	URL       string `env:"BLOB_URL" default:"file: in DATA_DIR" help:"s3://BUCKET?endpoint=http://HOST:PORT&region=…, or file:/a/folder that all processes share"`
	AccessKey string `env:"AWS_ACCESS_KEY_ID" secret:"true" help:"the account at the S3 store"`
	SecretKey string `env:"AWS_SECRET_ACCESS_KEY" secret:"true" help:"its secret"`
	PublicURL string `env:"S3_PUBLIC_URL" default:"the endpoint" help:"the store as people reach it; used to sign only"`
}

// bucket is the store's address out of the original's names, unless there is one.
func (s sources) bucket(address string) string {
	if address != "" || s.S3Endpoint == "" {
		return address
	}
	u := url.URL{Scheme: "s3", Host: s.S3Bucket, RawQuery: url.Values{"endpoint": {s.S3Endpoint}}.Encode()}
	return u.String()
}

// checkFiles refuses stores that are unsafe, or that the processes would not share.
func (c Config) checkFiles(p Part) error {
	alone := p.Serves && p.Works
	switch {
	case c.Files.URL == "" && !alone:
		return errors.New("files would be kept in this process's own data folder: set BLOB_URL=s3://… (or file:/a/folder that all processes share) to split the server from its workers")
	case c.Files.URL == "" || strings.HasPrefix(c.Files.URL, "file:"):
		return nil
	case !strings.HasPrefix(c.Files.URL, "s3:"):
		return errors.New("the setting BLOB_URL must begin with `file:` or `s3:`")
	}
	return c.checkBucket()
}

// wellKnown is both the name and the password of MinIO's default account.
const wellKnown = "minioadmin"

// checkBucket refuses a bucket that anybody knows the account of: with AUTH=dev alone, and on this machine, it will do.
func (c Config) checkBucket() error {
	o, err := c.Files.s3()
	switch {
	case err != nil:
		return err
	case c.Files.AccessKey == "" || c.Files.SecretKey == "":
		return errors.New("BLOB_URL=s3:… needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case !strings.EqualFold(c.Files.AccessKey, wellKnown) && !strings.EqualFold(c.Files.SecretKey, wellKnown):
		return nil
	}
	endpoint, err := url.Parse(o.Endpoint)
	if err == nil && c.Auth == "dev" && loopback(net.JoinHostPort(endpoint.Hostname(), "0")) {
		return nil
	}
	return errors.New("AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is MinIO's well-known minioadmin, which serves with AUTH=dev and a store on this machine alone: make an account of WEAV's own (deploy/minio)")
}

func (f Files) s3() (s3blob.Options, error) {
	u, err := url.Parse(f.URL)
	if err != nil || u.Host == "" {
		return s3blob.Options{}, errors.New("BLOB_URL must be s3://BUCKET?endpoint=http://HOST:PORT")
	}
	if u.User != nil {
		return s3blob.Options{}, errors.New("BLOB_URL holds an account, which is not read there: give it in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	for name := range u.Query() {
		if name != "endpoint" && name != "region" {
			return s3blob.Options{}, fmt.Errorf("BLOB_URL has a parameter that is not read, %q: it takes endpoint and region", name)
		}
	}
	endpoint := u.Query().Get("endpoint")
	for name, value := range map[string]string{"BLOB_URL's endpoint": endpoint, "S3_PUBLIC_URL": f.PublicURL} {
		e, err := url.Parse(value)
		if name == "S3_PUBLIC_URL" && value == "" {
			continue
		}
		web := err == nil && e.Host != "" && e.User == nil && (e.Scheme == "http" || e.Scheme == "https")
		if !web {
			return s3blob.Options{}, fmt.Errorf("%s must be http://HOST:PORT or https://HOST, without an account", name)
		}
	}
	return s3blob.Options{
		Endpoint: endpoint, Region: u.Query().Get("region"), Bucket: u.Host,
		AccessKey: f.AccessKey, SecretKey: f.SecretKey, PublicURL: f.PublicURL,
	}, nil
}

// openFiles picks the store of files. handler answers for the files of a folder; nil for a store that answers itself.
func openFiles(c Config, secret []byte) (bucket blob.Bucket, handler http.Handler, err error) {
	if strings.HasPrefix(c.Files.URL, "s3:") {
		options, err := c.Files.s3()
		if err != nil {
			return nil, nil, err
		}
		bucket, err := s3blob.Open(options)
		return bucket, nil, err
	}
	folder := strings.TrimPrefix(c.Files.URL, "file:")
	if folder == "" {
		folder = filepath.Join(c.DataDir, "files")
	}
	own, err := fileblob.Open(fileblob.Options{
		Root: folder, Secret: derived(secret, "signed file addresses"), BaseURL: c.publicURL() + blobPath, Origins: c.origins(),
		UploadTimeout: c.HTTP.Bodies.Idle,
	})
	if err != nil {
		return nil, nil, err
	}
	handler = own.Handler()
	return own, handler, nil
}

// derived makes a key for one purpose of the processes' common secret. A worker that has none makes no addresses.
func derived(secret []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("weav " + purpose))
	return mac.Sum(nil)
}

// publicURL is where people reach the server, without a slash at its end.
func (c Config) publicURL() string {
	if c.PublicURL != "" {
		return strings.TrimRight(c.PublicURL, "/")
	}
	host, port, err := net.SplitHostPort(c.ListenAddr)
	if err != nil {
		return "http://" + c.ListenAddr
	}
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// checkPublicURL refuses an address that no link can begin with.
func (c Config) checkPublicURL() error {
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("the setting PUBLIC_URL must be the address that people reach, such as https://api.example.com")
	}
	return nil
}
