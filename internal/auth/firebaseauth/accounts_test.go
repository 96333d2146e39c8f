package firebaseauth_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/auth/firebaseauth"
	"github.com/weav-ai/weav/internal/errs"
)

// toolkit is Google's interface to users of a project, for one service account; keys come from google.
type toolkit struct {
	*google

	mu      sync.Mutex
	user    map[string]any // nil for none
	down    bool
	deleted []string
	bearer  []string // of each question
}

// RoundTrip implements http.RoundTripper.
func (k *toolkit) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case strings.Contains(r.URL.Path, "/x509/"):
		return k.google.RoundTrip(r)
	case k.down:
		return nil, errors.New("connection refused")
	case r.URL.Host == "oauth2.googleapis.com":
		return answer(r, http.StatusOK, map[string]any{"access_token": "for-users", "token_type": "Bearer", "expires_in": 3600}), nil
	}
	k.bearer = append(k.bearer, r.Header.Get("Authorization"))
	var asked struct {
		LocalID any `json:"localId"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return nil, err
	}
	switch r.URL.String() {
	case "https://identitytoolkit.googleapis.com/v1/projects/" + project + "/accounts:lookup":
		users := []any{}
		if k.user != nil {
			users = append(users, k.user)
		}
		return answer(r, http.StatusOK, map[string]any{"users": users}), nil
	case "https://identitytoolkit.googleapis.com/v1/projects/" + project + "/accounts:delete":
		if k.user == nil {
			return answer(r, http.StatusBadRequest, map[string]any{"error": map[string]any{"message": "USER_NOT_FOUND"}}), nil
		}
		uid, _ := asked.LocalID.(string)
		k.deleted, k.user = append(k.deleted, uid), nil
		return answer(r, http.StatusOK, map[string]any{}), nil
	}
	return nil, errors.New("nobody asks this: " + r.URL.String())
}

func answer(r *http.Request, status int, body any) *http.Response {
	raw, _ := json.Marshal(body)
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(raw)), Request: r}
}

// accounts are those of a project by way of k.
func (k *toolkit) accounts(t *testing.T) *firebaseauth.Accounts {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(signers()[2])
	if err != nil {
		t.Fatal(err)
	}
	key, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": project, "client_email": "weav@" + project + ".iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": "https://oauth2.googleapis.com/token",
	})
	if err != nil || !firebaseauth.IsAccountKey(key) {
		t.Fatalf("no key: %v", err)
	}
	a, err := firebaseauth.NewAccounts(t.Context(), firebaseauth.AccountsConfig{ProjectID: project, Key: key, Transport: k})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestATokenIsRefusedOnceItsUserIsGone, disabled or signed out everywhere. Where Google does not answer it counts.
func TestATokenIsRefusedOnceItsUserIsGone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(k *toolkit, madeAt int64)
		want   string
	}{
		"a user as ever":    {func(*toolkit, int64) {}, ""},
		"signed out before": {func(k *toolkit, madeAt int64) { k.user["validSince"] = seconds(madeAt) }, ""},
		"signed out since":  {func(k *toolkit, madeAt int64) { k.user["validSince"] = seconds(madeAt + 1) }, "was revoked"},
		"disabled":          {func(k *toolkit, _ int64) { k.user["disabled"] = true }, "is disabled"},
		"deleted":           {func(k *toolkit, _ int64) { k.user = nil }, "was deleted"},
		"an outage":         {func(k *toolkit, _ int64) { k.down = true }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signers()
			synctest.Test(t, func(t *testing.T) {
				k := &toolkit{google: newGoogle(), user: map[string]any{"localId": "ada"}}
				v := k.verifier(t, func(cfg *firebaseauth.Config) { cfg.Transport, cfg.Accounts = k, k.accounts(t) })
				madeAt := time.Now().Add(-time.Minute).Unix()
				k.mu.Lock()
				c.change(k, madeAt)
				k.mu.Unlock()
				begun := time.Now()
				id, err := v.Verify(t.Context(), proof(good("first", 0, map[string]any{"iat": madeAt})))
				if took := time.Since(begun); took > 3*time.Second {
					t.Errorf("it took %v", took)
				}
				if c.want == "" {
					if err != nil || id.UID != "ada" {
						t.Errorf("got %+v, %v", id, err)
					}
					return
				}
				refused(t, id, err, errs.InvalidValue, "input.identity.firebase.idToken")
				if faults, _ := errs.InputOf(err); !strings.Contains(faults[0].Message, c.want) {
					t.Errorf("%q does not say %q", faults[0].Message, c.want)
				}
			})
		})
	}
}

func seconds(at int64) string { raw, _ := json.Marshal(at); return string(raw) }

func TestNobodyIsAskedAboutATokenThatIsNotTrue(t *testing.T) {
	t.Parallel()
	k := &toolkit{google: newGoogle(), user: map[string]any{"localId": "ada"}}
	v := k.verifier(t, func(cfg *firebaseauth.Config) { cfg.Transport, cfg.Accounts = k, k.accounts(t) })
	id, err := v.Verify(t.Context(), proof(good("first", 1, nil)))
	refused(t, id, err, errs.InvalidValue, "input.identity.firebase.idToken")
	if len(k.bearer) > 0 {
		t.Errorf("%d questions", len(k.bearer))
	}
	if id, err = v.Verify(t.Context(), proof(good("first", 0, nil))); err != nil || id == (auth.Identity{}) {
		t.Errorf("got %+v, %v", id, err)
	}
	if len(k.bearer) != 1 || k.bearer[0] != "Bearer for-users" {
		t.Errorf("asked as %q", k.bearer)
	}
}

func TestDeletingAUserTwiceIsDeletingThemOnce(t *testing.T) {
	t.Parallel()
	k := &toolkit{google: newGoogle(), user: map[string]any{"localId": "ada"}}
	accounts := k.accounts(t)
	for range 2 {
		if err := accounts.Delete(t.Context(), "ada"); err != nil {
			t.Error(err)
		}
	}
	if len(k.deleted) != 1 || k.deleted[0] != "ada" {
		t.Errorf("deleted %q", k.deleted)
	}
}

func TestADeletionThatGoogleDoesNotAnswerFails(t *testing.T) {
	t.Parallel()
	signers()
	synctest.Test(t, func(t *testing.T) {
		k := &toolkit{google: newGoogle(), down: true}
		if err := k.accounts(t).Delete(t.Context(), "ada"); err == nil {
			t.Error("it says that the user is gone")
		}
	})
}

func TestWhatIsNoServiceAccountIsNoKey(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "x", "{}", `{"type":"service_account","project_id":"p"}`, `{"type":"authorized_user","client_email":"a","private_key":"b"}`} {
		if firebaseauth.IsAccountKey([]byte(raw)) {
			t.Errorf("%q is taken for one", raw)
		}
	}
}
