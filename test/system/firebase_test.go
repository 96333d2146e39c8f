package systemtest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/internal/client"
)

// profile is what an account shows of its person.
type profile struct {
	ID                         string
	Email, FirstName, LastName string
}

// signIn is the answer to one.
type signIn struct {
	SignIn struct {
		Viewer     *profile
		Tokens     *client.Tokens
		UserErrors []client.UserError
	}
}

const signInMutation = `mutation ($identity: IdentityInput!) { signIn(input: {identity: $identity}) {
	viewer { id email firstName lastName } tokens { accessToken refreshToken accessTokenExpiresAt }
	userErrors { message path ... on SignInUserError { code } } } }`

// signsIn shows a server an identity.
func signsIn(t *testing.T, url string, identity map[string]any) signIn {
	t.Helper()
	var out signIn
	if err := (&client.Client{URL: url}).Do(t.Context(), signInMutation, map[string]any{"identity": identity}, &out); err != nil {
		t.Fatalf("sign in: %v", err)
	}
	return out
}

// asOperator asks for what operators alone may see.
func asOperator(t *testing.T, url string, tokens *client.Tokens) error {
	t.Helper()
	return (&client.Client{URL: url, Token: tokens.AccessToken}).Do(t.Context(), `{ modelWarnings { __typename } }`, nil, nil)
}

func firebase(token string) map[string]any {
	return map[string]any{"firebase": map[string]any{"idToken": token}}
}

// TestSigningInWithFirebase signs people in at the unmodified binary by tokens that are really signed. It is led to a
// stand-in of Google's by its environment alone.
func TestSigningInWithFirebase(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	server := start(t, g.settings(map[string]string{"ADMIN_EMAILS": "ada@example.com,bob@example.com"}), serving)
	var offered struct {
		ServerInfo struct{ SignInMethods []string }
	}
	if err := (&client.Client{URL: server.url}).Do(t.Context(), `{ serverInfo { signInMethods } }`, nil, &offered); err != nil || !slices.Equal(offered.ServerInfo.SignInMethods, []string{"FIREBASE"}) {
		t.Errorf("the server offers %v, %v", offered.ServerInfo.SignInMethods, err)
	}

	token := g.token("ada", map[string]any{"name": "Ada Lovelace"})
	first := signsIn(t, server.url, firebase(token)).SignIn
	if first.Viewer == nil || first.Tokens == nil {
		t.Fatalf("refused: %+v", first.UserErrors)
	}
	want := profile{ID: first.Viewer.ID, Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace"}
	if diff := cmp.Diff(want, *first.Viewer); diff != "" {
		t.Errorf("the account (-want +got):\n%s", diff)
	}
	if err := asOperator(t, server.url, first.Tokens); err != nil {
		t.Errorf("somebody of ADMIN_EMAILS: %v", err)
	}

	g.down.Store(true) // Nobody whose key is known asks Google again.
	second := signsIn(t, server.url, firebase(g.token("ada", map[string]any{"given_name": "Augusta", "family_name": "King"}))).SignIn
	if second.Viewer == nil || second.Viewer.ID != want.ID || second.Viewer.FirstName != "Augusta" || second.Viewer.LastName != "King" {
		t.Errorf("the second sign-in: %+v %+v, want names refreshed", second.Viewer, second.UserErrors)
	}
	unverified := signsIn(t, server.url, firebase(g.token("bob", map[string]any{"email_verified": false}))).SignIn
	if unverified.Tokens == nil || client.CodeOf(asOperator(t, server.url, unverified.Tokens)) != "FORBIDDEN" {
		t.Errorf("an address of ADMIN_EMAILS that nobody vouches for is an operator's: %+v", unverified)
	}
	if n := g.asked.Load(); n != 1 {
		t.Errorf("Google was asked %d times", n)
	}
	if strings.Contains(server.output(), token) || strings.Contains(server.output(), strings.Split(token, ".")[2]) {
		t.Error("the log holds a token")
	}
}

// TestAnAccountIsDeletedByAFreshTokenAlone: an ID token lives for an hour, and is too old for that after 5 minutes.
func TestAnAccountIsDeletedByAFreshTokenAlone(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	server := start(t, g.settings(nil), serving)
	in := signsIn(t, server.url, firebase(g.token("ada", nil))).SignIn
	if in.Tokens == nil {
		t.Fatalf("refused: %+v", in.UserErrors)
	}
	const mutation = `mutation ($identity: IdentityInput!) { deleteAccount(input: {identity: $identity}) {
		viewer { deletesAt } userErrors { message path ... on DeleteAccountUserError { code } } } }`
	for _, tt := range []struct {
		ago  time.Duration
		code string
	}{{6 * time.Minute, "INVALID_VALUE"}, {4 * time.Minute, ""}} {
		var out struct {
			DeleteAccount struct {
				Viewer     *struct{ DeletesAt string }
				UserErrors []client.UserError
			}
		}
		identity := firebase(g.token("ada", map[string]any{"auth_time": time.Now().Add(-tt.ago).Unix()}))
		if err := (&client.Client{URL: server.url, Token: in.Tokens.AccessToken}).Do(t.Context(), mutation, map[string]any{"identity": identity}, &out); err != nil {
			t.Fatal(err)
		}
		got := out.DeleteAccount
		if tt.code == "" && (got.Viewer == nil || got.Viewer.DeletesAt == "" || len(got.UserErrors) > 0) {
			t.Errorf("somebody who signed in %v ago: %+v", tt.ago, got)
		}
		if tt.code != "" && (got.Viewer != nil || len(got.UserErrors) != 1 || got.UserErrors[0].Code != tt.code) {
			t.Errorf("somebody who signed in %v ago: %+v, want %s", tt.ago, got, tt.code)
		}
	}
}

func TestFirebaseServersRefuse(t *testing.T) {
	t.Parallel()
	g, other := newGoogle(t), newGoogle(t)
	server := start(t, g.settings(nil), serving)
	tests := map[string]struct {
		identity map[string]any
		path     []string
		code     string
	}{
		"an identity without proof": {map[string]any{"dev": map[string]any{"email": "ada@example.com"}}, []string{"input", "identity"}, "INVALID_VALUE"},
		"somebody else's signature": {firebase(other.token("ada", nil)), []string{"input", "identity", "firebase", "idToken"}, "INVALID_VALUE"},
		"another project's token":   {firebase(g.token("ada", map[string]any{"aud": "other"})), []string{"input", "identity", "firebase", "idToken"}, "INVALID_VALUE"},
		"nothing":                   {firebase(""), []string{"input", "identity", "firebase", "idToken"}, "REQUIRED"},
		"too much":                  {firebase(strings.Repeat("x", 16385)), []string{"input", "identity", "firebase", "idToken"}, "TOO_LONG"},
	}
	for name, tt := range tests {
		got := signsIn(t, server.url, tt.identity).SignIn
		if got.Viewer != nil || got.Tokens != nil || len(got.UserErrors) != 1 || got.UserErrors[0].Code != tt.code || !slices.Equal(got.UserErrors[0].Path, tt.path) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestASignInWithoutKeysIsForLater has Google out of reach from the start.
func TestASignInWithoutKeysIsForLater(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	g.down.Store(true)
	server := start(t, g.settings(nil), serving)
	err := (&client.Client{URL: server.url}).Do(t.Context(), signInMutation, map[string]any{"identity": firebase(g.token("ada", nil))}, nil)
	if client.CodeOf(err) != "UNAVAILABLE" {
		t.Fatalf("got %v, want UNAVAILABLE", err)
	}
	said, code := g.run(t, map[string]string{}, "check")
	if code == 0 || !strings.Contains(said, "unreachable  sign-in") {
		t.Errorf("check says, and ends with %d:\n%s", code, said)
	}
	g.down.Store(false)
	said, code = g.run(t, map[string]string{}, "check")
	if code != 0 || !strings.Contains(said, "Google answers, with 1 keys") || !strings.Contains(said, "project demo") {
		t.Errorf("check says, and ends with %d:\n%s", code, said)
	}
}

func TestFirebasesEmulatorIsForDevelopment(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	said, code := g.run(t, map[string]string{"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}, "serve")
	if code == 0 || !strings.Contains(said, "FIREBASE_AUTH_EMULATOR_HOST") || strings.Count(strings.TrimSpace(said), "\n") > 0 {
		t.Errorf("the server says, and ends with %d:\n%s", code, said)
	}
}

// run runs the binary to its end, and returns what it said and its code.
func (g *google) run(t *testing.T, more map[string]string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary(t), args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	for name, value := range g.settings(more) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	said, _ := cmd.CombinedOutput() // Its code says how it ended.
	return string(said), cmd.ProcessState.ExitCode()
}
