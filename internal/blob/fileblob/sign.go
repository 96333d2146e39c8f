package fileblob

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/weav-ai/weav/internal/blob"
)

// The parameters of a signed URL.
const (
	paramExpires     = "expires" // Unix seconds.
	paramType        = "type"
	paramSize        = "size"
	paramDisposition = "disposition"
	paramSignature   = "signature"
)

// onlyNew is the header and value of an upload, as in S3: it stores nothing over an existing object.
const (
	onlyNewHeader = "If-None-Match"
	onlyNew       = "*"
)

// SignGet implements blob.Bucket.
func (b *Bucket) SignGet(_ context.Context, key string, opt blob.GetOptions) (string, error) {
	if err := errors.Join(blob.CheckKey(key), opt.Check()); err != nil {
		return "", err
	}
	query := url.Values{paramDisposition: {opt.Disposition()}}
	if opt.ContentType != "" {
		query.Set(paramType, opt.ContentType)
	}
	return b.sign(http.MethodGet, key, query, b.now().Add(opt.Expires)), nil
}

// SignPut implements blob.Bucket.
func (b *Bucket) SignPut(_ context.Context, key string, opt blob.UploadOptions) (blob.SignedRequest, error) {
	if err := errors.Join(blob.CheckKey(key), opt.Check()); err != nil {
		return blob.SignedRequest{}, err
	}
	query := url.Values{paramType: {opt.ContentType}, paramSize: {strconv.FormatInt(opt.Size, 10)}}
	expires := b.now().Add(opt.Expires).UTC().Truncate(time.Second)
	header := http.Header{}
	header.Set("Content-Type", opt.ContentType)
	header.Set(onlyNewHeader, onlyNew)
	return blob.SignedRequest{
		Method: http.MethodPut, URL: b.sign(http.MethodPut, key, query, expires), Header: header, ExpiresAt: expires,
	}, nil
}

// sign adds expiry and signature to query and returns the URL.
func (b *Bucket) sign(method, key string, query url.Values, expires time.Time) string {
	query.Set(paramExpires, strconv.FormatInt(expires.Unix(), 10))
	query.Set(paramSignature, base64.RawURLEncoding.EncodeToString(b.mac(method, key, query)))
	u := *b.base
	u.Path += "/" + key
	u.RawQuery = query.Encode()
	return u.String()
}

// mac covers the method, the key and every parameter except the signature, in a fixed order. The parts are
// separated by line feeds, which none of them can contain.
func (b *Bucket) mac(method, key string, query url.Values) []byte {
	signed := url.Values{}
	for name, values := range query {
		if name != paramSignature {
			signed[name] = values
		}
	}
	mac := hmac.New(sha256.New, b.secret)

	mac.Write([]byte(strings.Join([]string{"weav blob 1", method, key, signed.Encode()}, "\n")))
	return mac.Sum(nil)
}

// authorize returns the key and the parameters of a request whose URL is signed for method and has not
// expired. The signature is compared in constant time.
func (b *Bucket) authorize(method string, u *url.URL) (string, url.Values, bool) {
	key, below := strings.CutPrefix(u.Path, b.base.Path+"/")
	query, err := url.ParseQuery(u.RawQuery)
	if !below || err != nil || !blob.ValidKey(key) || len(query[paramSignature]) != 1 {
		return "", nil, false
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(query.Get(paramSignature))
	if err != nil || !hmac.Equal(signature, b.mac(method, key, query)) {
		return "", nil, false
	}
	expires, err := strconv.ParseInt(query.Get(paramExpires), 10, 64)
	return key, query, err == nil && b.now().Unix() < expires
}
