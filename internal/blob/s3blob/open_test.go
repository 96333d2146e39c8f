package s3blob

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*Options){
		"no bucket":                  func(o *Options) { o.Bucket = "" },
		"no access key":              func(o *Options) { o.AccessKey = "" },
		"no secret":                  func(o *Options) { o.SecretKey = "" },
		"no endpoint":                func(o *Options) { o.Endpoint = "" },
		"an endpoint without scheme": func(o *Options) { o.Endpoint = "minio:9000" },
		"another scheme":             func(o *Options) { o.Endpoint = "s3://minio" },
		"a folder":                   func(o *Options) { o.Endpoint = "http://minio:9000/folder" },
		"a password in the endpoint": func(o *Options) { o.Endpoint = "http://user:private-secret@minio:9000" },
		"a malformed endpoint":       func(o *Options) { o.Endpoint = "http://user:private-secret@[::1" },
		"a folder in public":         func(o *Options) { o.PublicURL = "https://files.example.com/store" },
	}
	for name, change := range cases {
		o := Options{Endpoint: "http://minio:9000", Bucket: "weav", AccessKey: "access", SecretKey: "private-secret"}
		change(&o)
		_, err := Open(o)
		if err == nil {
			t.Errorf("%s: opened", name)
		} else if strings.Contains(err.Error(), "private-secret") {
			t.Errorf("%s: the error holds the secret: %v", name, err)
		}
	}
}

func TestPublicURLIsForSigningOnly(t *testing.T) {
	t.Parallel()
	o := options(servicetest.MinIO(t))
	o.PublicURL = "https://files.example.com/"
	bucket := openWith(t, o)
	if err := bucket.Put(t.Context(), "a", strings.NewReader("x"), blob.PutOptions{ContentType: "image/png", Size: 1}); err != nil {
		t.Fatalf("a call goes elsewhere: %v", err)
	}
	get, err := bucket.SignGet(t.Context(), "a", blob.GetOptions{Expires: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	put, err := bucket.SignPut(t.Context(), "a", blob.UploadOptions{ContentType: "image/png", Size: 1, Expires: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{get, put.URL} {
		if !strings.HasPrefix(address, "https://files.example.com/"+o.Bucket+"/a?") {
			t.Errorf("signed %s", address)
		}
	}
	// Behind the public name is the same store: a proxy passes the name on.
	inside := strings.Replace(get, "https://files.example.com", o.Endpoint, 1)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, inside, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "files.example.com"
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("through a proxy: status %d", resp.StatusCode)
	}
}

func TestWrongAccounts(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){
		"another secret": func(o *Options) { o.SecretKey = "private-secret" },
		"another name":   func(o *Options) { o.AccessKey, o.SecretKey = "private-access", "private-secret" },
		"another bucket": func(o *Options) { o.Bucket = "private-bucket" },
	} {
		o := options(servicetest.MinIO(t))
		change(&o)
		bucket := openWith(t, o)
		troubled(t, name+": ping", bucket.Ping(t.Context()), blob.Misconfigured)
		put := bucket.Put(t.Context(), "a", strings.NewReader("x"), blob.PutOptions{ContentType: "image/png", Size: 1})
		troubled(t, name+": put", put, blob.Misconfigured)
		_, _, open := bucket.Open(t.Context(), "a")
		troubled(t, name+": open", open, blob.Misconfigured)
	}
}
