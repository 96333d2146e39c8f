package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/server"
)

// TestRequestsAreRefusedWhenTheAuditLogFails: the queue's page is not called when the audit log fails.
func TestRequestsAreRefusedWhenTheAuditLogFails(t *testing.T) {
	t.Parallel()
	reached := 0
	var fault error
	pages := server.Admin{
		Jobs:         http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }),
		Authenticate: func(context.Context, string) (auth.Principal, error) { return auth.Principal{}, nil },
		IsAdmin:      func(context.Context, oid.User) (bool, error) { return true, nil },
		Note:         func(context.Context, oid.User, string, string) error { return fault },
	}.Handler()
	ask := func(method string) int {
		r := httptest.NewRequest(method, "/admin/jobs/api/jobs/cancel", strings.NewReader("{}"))
		r.Header.Set("Authorization", "Bearer x")
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		return w.Code
	}
	if code := ask(http.MethodPost); code != http.StatusOK || reached != 1 {
		t.Errorf("written down: %d, %d requests", code, reached)
	}
	fault = errors.New("no database")
	if code := ask(http.MethodPost); code != http.StatusServiceUnavailable || reached != 1 {
		t.Errorf("not written down: %d, %d requests", code, reached)
	}
	if code := ask(http.MethodGet); code != http.StatusOK || reached != 2 {
		t.Errorf("only read: %d, %d requests", code, reached)
	}
}
