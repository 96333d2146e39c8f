package contract

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// routes are all addresses of the server, with a %s where a client chooses a piece of the path.
var routes = map[string]string{
	"GraphQL": "/graphql%s", "the root": "/%s", "the playground": "/playground/%s", "metrics": "/metrics%s",
	"liveness": "/healthz%s", "readiness": "/readyz%s", "the original's health": "/api/v1/health/%s",
	"an artifact": "/artifacts/%s", "a shared file": "/shared/%s", "a stored file": "/blobs/%s", "a payment's page": "/sandbox/payments/%s",
	"a webhook": "/webhooks/%s", "the pages of operators": "/admin/%s", "the queue": "/admin/jobs/api/queues/%s", "a job of the queue": "/admin/jobs/api/jobs/%s",
	"a filter of the queue": "/admin/jobs/api/jobs?kinds=%s", "an autocompletion of the queue": "/admin/jobs/api/autocomplete?facet=job_kind&prefix=%s",
}

// unstorable are texts that no text column takes, as a client may write them into an address, by what is odd in them.
var unstorable = map[string]string{
	"NUL": "a%00b", "a byte that begins nothing": "a%ffb", "half a character": "%c3", "half a surrogate pair": "%ed%a0%80", "the same, not escaped": "a\xffb",
}

// TestPathsThatNoTableHolds are addresses of nothing: 404 on every route and both databases, and no error in the log.
func TestPathsThatNoTableHolds(t *testing.T) {
	t.Parallel()
	withBoss(t, func(t *testing.T, w *world) {
		boss := w.person(t, "boss")
		for route, path := range routes {
			for odd, piece := range unstorable {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					head := "Authorization: Bearer " + boss.Token + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
					if status := w.raw(t, method, fmt.Sprintf(path, piece), head, "{}"); status != http.StatusNotFound {
						t.Errorf("%s of %s with %s: %d", method, route, odd, status)
					}
				}
			}
		}
		w.wantNoErrors(t)
	})
}

// TestTokensThatNoTableHolds are refused as any other wrong one, wherever a client may send one.
func TestTokensThatNoTableHolds(t *testing.T) {
	t.Parallel()
	withBoss(t, func(t *testing.T, w *world) {
		person := w.person(t, "ada")
		for odd, piece := range unstorable {
			raw, err := url.PathUnescape(piece)
			must(t, err)
			for kind, token := range map[string]string{
				"an access token": "eyJ" + raw + ".eyJ" + raw + "." + raw, "an API key": "weav_live_" + raw, "no token at all": raw,
			} {
				t.Run(kind+" with "+odd, func(t *testing.T) {
					person.wantRefused(t, w, token)
				})
			}
		}
		w.wantNoErrors(t)
	})
}

// wantRefused sends a token wherever tokens are taken.
func (p *person) wantRefused(t *testing.T, w *world, token string) {
	t.Helper()
	if !strings.ContainsRune(token, 0) { // HTTP itself refuses a header with NUL.
		for _, path := range []string{"/admin/jobs/", "/artifacts/art_01"} {
			for _, header := range []string{"Authorization: Bearer " + token, "Cookie: weav_admin=" + token} {
				if status := w.raw(t, http.MethodGet, path, header+"\r\n", ""); status != http.StatusUnauthorized {
					t.Errorf("%s with %.13s: %d", path, header, status)
				}
			}
		}
	}
	form := url.Values{"token": {token}}.Encode()
	head := fmt.Sprintf("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", len(form))
	if status := w.raw(t, http.MethodPost, "/admin/session", head, form); status != http.StatusUnauthorized {
		t.Errorf("the form of /admin: %d", status)
	}
	text := strings.ToValidUTF8(token, "\x00") // JSON holds no other bytes.
	signedOut := w.signedOut()
	if a := signedOut.mutate(t, "refreshSession", object{"refreshToken": text}, "tokens { accessToken }"); a.reason() != "INVALID_TOKEN" && a.reason() != "INVALID_SESSION" {
		t.Errorf("a refresh token: %v %q", a.Errors, a.reason())
	}
	if a := signedOut.get(t, `query ($token: String!) { sharedArtifact(token: $token) { kind } }`, object{"token": text}); a.at("sharedArtifact") != nil {
		t.Errorf("a share token: %v", a.Data)
	}
	if a := signedOut.mutate(t, "signIn", object{"identity": object{"dev": object{"email": text + "@example.com"}}}, "isNewUser"); a.code() == "" && a.reason() == "" {
		t.Errorf("an identity: %v", a.Data)
	}
	signedOut.Token = text
	if s, err := signedOut.Dial(t.Context()); err == nil {
		_ = s.Close()
		t.Error("a socket opened")
	}
}

// wantNoErrors looks for errors in the log.
func (w *world) wantNoErrors(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(w.logged.String()) {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "level=WARN") {
			t.Errorf("logged: %s", line)
		}
	}
}

// raw sends a request as it stands, which a client's library would mend, and returns the status of the answer.
func (w *world) raw(t *testing.T, method, target, header, body string) int {
	t.Helper()
	conn := w.connect(t)
	defer func() { _ = conn.Close() }()
	_, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n%s", method, target, header, body)
	must(t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	defer res.Body.Close()
	return res.StatusCode
}

// stuck is how long a test waits for what comes at once.
const stuck = 30 * time.Second

func (w *world) connect(t *testing.T) net.Conn {
	t.Helper()
	host := strings.TrimSuffix(strings.TrimPrefix(w.url, "http://"), "/graphql")
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", host)
	must(t, err)
	must(t, conn.SetDeadline(time.Now().Add(stuck)))
	return conn
}

// TestABodyThatDoesNotComeHoldsNothing: wherever a client begins a body and sends no more, the server lets go of the connection.
func TestABodyThatDoesNotComeHoldsNothing(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]map[string]string{
		"a byte":      {"REQUEST_BODY_IDLE_TIMEOUT": "50ms", "REQUEST_BODY_TIMEOUT": "1h"},
		"all of them": {"REQUEST_BODY_IDLE_TIMEOUT": "1h", "REQUEST_BODY_TIMEOUT": "50ms"},
	} {
		t.Run("waiting for "+name, func(t *testing.T) {
			t.Parallel()
			w := embedded(t, map[string]string{"ADMIN_EMAILS": address("boss")}, settings)
			boss := w.person(t, "boss")
			for route, path := range routes {
				if strings.Contains(path, "/blobs/") && name != "a byte" {
					continue // A large file may take its time.
				}
				for _, kind := range []string{"application/json", "application/x-www-form-urlencoded", "text/plain"} {
					for _, length := range []string{"Content-Length: 100", "Transfer-Encoding: chunked"} {
						head := fmt.Sprintf("Authorization: Bearer %s\r\nContent-Type: %s\r\n%s\r\n", boss.Token, kind, length)
						w.wantCut(t, route+" with "+kind+", "+length, fmt.Sprintf(path, ""), head)
					}
				}
			}
		})
	}
}

// wantCut begins a body and waits for the end of the connection.
func (w *world) wantCut(t *testing.T, what, path, head string) {
	t.Helper()
	conn := w.connect(t)
	defer func() { _ = conn.Close() }()
	_, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n{", path, head)
	must(t, err)
	answers := bufio.NewReader(conn)
	if res, err := http.ReadResponse(answers, nil); err == nil {
		_, err = io.Copy(io.Discard, res.Body)
		must(t, err)
		must(t, res.Body.Close())
		if res.StatusCode < 300 {
			t.Errorf("%s: half a body is answered with %d", what, res.StatusCode)
		}
	}
	if _, err := answers.ReadByte(); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("%s: the connection is held: %v", what, err)
	}
}

// TestALongAuthorizationIsRefused before anybody reads it.
func TestALongAuthorizationIsRefused(t *testing.T) {
	t.Parallel()
	w := embedded(t, map[string]string{"ADMIN_EMAILS": address("boss")})
	for route, path := range routes {
		for name, c := range map[string]struct {
			header string
			isLong bool
		}{
			"8 KiB":                {"Authorization: " + strings.Repeat("x", 8<<10) + "\r\n", false},
			"one more":             {"Authorization: " + strings.Repeat("x", 8<<10+1) + "\r\n", true},
			"in two":               {strings.Repeat("Authorization: "+strings.Repeat("x", 5<<10)+"\r\n", 2), true},
			"a bearer token":       {"Authorization: Bearer " + strings.Repeat("x", 9<<10) + "\r\n", true},
			"a handshake's":        {"Authorization: " + strings.Repeat("x", 9<<10) + "\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", true},
			"an operator's cookie": {"Cookie: weav_admin=" + strings.Repeat("x", 9<<10) + "\r\n", true},
		} {
			status := w.raw(t, http.MethodGet, fmt.Sprintf(path, ""), c.header, "")
			if (status == http.StatusRequestHeaderFieldsTooLarge) != c.isLong {
				t.Errorf("%s, %s: %d", route, name, status)
			}
		}
	}
}
