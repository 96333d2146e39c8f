package fileblob

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/errs"
)

// upload answers a signed PUT.
func (b *Bucket) upload(w http.ResponseWriter, r *http.Request, key string, query url.Values) {
	control := http.NewResponseController(w)
	// The server reads the rest of a refused upload, which must not last for ever.
	_ = control.SetReadDeadline(time.Now().Add(b.pause)) // Not every ResponseWriter supports deadlines.
	size, err := strconv.ParseInt(query.Get(paramSize), 10, 64)
	// The signature covers these headers' values, which were stated as parameters.
	asSigned := r.ContentLength == size && r.Header.Get("Content-Type") == query.Get(paramType) &&
		r.Header.Get(onlyNewHeader) == onlyNew
	if err != nil || !asSigned {
		refuse(w, http.StatusForbidden)
		return
	}
	// Checked before the body is read, which spares the client a useless upload; putNew decides.
	if b.regular(objectName(key)) == nil {
		refuse(w, http.StatusPreconditionFailed)
		return
	}
	body := &incoming{body: r.Body, control: control, idle: b.pause}
	err = b.putNew(r.Context(), key, body, blob.PutOptions{ContentType: query.Get(paramType), Size: size})
	if err != nil {
		refuse(w, status(err))
	}
}

// incoming ends an upload whose client sends nothing for the idle time. The server itself removes the last
// deadline before it waits for another request.
type incoming struct {
	body    io.Reader
	control *http.ResponseController
	idle    time.Duration
}

func (i *incoming) Read(p []byte) (int, error) {
	_ = i.control.SetReadDeadline(time.Now().Add(i.idle)) // Not every ResponseWriter supports deadlines.
	return i.body.Read(p)
}

// status is the HTTP status of an error, with the same numbers as S3 where it has them.
func status(err error) int {
	switch {
	case errors.Is(err, fs.ErrExist):
		return http.StatusPreconditionFailed
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return http.StatusInsufficientStorage
	case errs.CodeOf(err) == errs.Unavailable:
		return http.StatusServiceUnavailable
	case errors.Is(err, blob.ErrSize), errors.Is(err, io.ErrUnexpectedEOF):
		return http.StatusBadRequest
	default:
		return http.StatusInternalServerError
	}
}

// refuse answers with a status and no detail.
func refuse(w http.ResponseWriter, status int) {
	http.Error(w, http.StatusText(status), status)
}
