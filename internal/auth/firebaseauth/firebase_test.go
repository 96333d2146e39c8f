package firebaseauth_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/auth/firebaseauth"
	"github.com/weav-ai/weav/internal/errs"
)

func TestATokenProvesAnIdentity(t *testing.T) {
	t.Parallel()
	ptr := func(s string) *string { return &s }
	at := time.Now().Add(-time.Minute).Truncate(time.Second).UTC()
	whole := auth.Identity{
		UID: "ada", Email: "ada@example.com", IsEmailVerified: true, AuthTime: at,
		FirstName: ptr("Ada"), LastName: ptr("Lovelace King"), PhotoURL: ptr("https://example.com/ada.png"),
	}
	but := func(change func(*auth.Identity)) auth.Identity {
		id := whole
		change(&id)
		return id
	}
	named := func(first, last *string) auth.Identity {
		return but(func(id *auth.Identity) { id.FirstName, id.LastName = first, last })
	}
	v := newGoogle().verifier(t, nil)
	tests := map[string]struct {
		changes map[string]any
		want    auth.Identity
	}{
		"whole":                    {nil, whole},
		"an unverified address":    {map[string]any{"email_verified": false}, but(func(id *auth.Identity) { id.IsEmailVerified = false })},
		"an address of some sort":  {map[string]any{"email_verified": "true"}, but(func(id *auth.Identity) { id.IsEmailVerified = false })},
		"no address":               {map[string]any{"email": nil}, but(func(id *auth.Identity) { id.Email, id.IsEmailVerified = "", false })},
		"too long an address":      {map[string]any{"email": strings.Repeat("a", 250) + "@x.io"}, but(func(id *auth.Identity) { id.Email, id.IsEmailVerified = "", false })},
		"names apart":              {map[string]any{"given_name": "Augusta Ada", "family_name": "King"}, named(ptr("Augusta Ada"), ptr("King"))},
		"a family name alone":      {map[string]any{"family_name": "King"}, named(ptr(""), ptr("King"))},
		"one word":                 {map[string]any{"name": "홍길동"}, named(ptr("홍길동"), ptr(""))},
		"characters that none may": {map[string]any{"name": " A\u0000da\n\u3000Lovelace "}, named(ptr("A"), ptr("da Lovelace"))},
		"a long name":              {map[string]any{"name": strings.Repeat("가", 101)}, named(ptr(strings.Repeat("가", 100)), ptr(""))},
		"no name":                  {map[string]any{"name": nil}, named(nil, nil)},
		"no picture":               {map[string]any{"picture": nil}, but(func(id *auth.Identity) { id.PhotoURL = nil })},
		"a picture of some sort":   {map[string]any{"picture": "javascript:alert(1)"}, but(func(id *auth.Identity) { id.PhotoURL = nil })},
		"made in a moment":         {map[string]any{"iat": time.Now().Add(20 * time.Second).Unix()}, whole},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes := map[string]any{"auth_time": at.Unix()}
			for claim, value := range tt.changes {
				changes[claim] = value
			}
			id, err := v.Verify(t.Context(), proof(good("first", 0, changes)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, id); diff != "" {
				t.Errorf("identity (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsNoProofIsRefused(t *testing.T) {
	t.Parallel()
	set := func(claim string, value any) string { return good("first", 0, map[string]any{claim: value}) }
	from := func(provider string) string { return set("firebase", map[string]any{"sign_in_provider": provider}) }
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	signed := good("first", 0, nil)
	tests := map[string]string{
		"no token":                      "x",
		"nothing but dots":              "..",
		"a header that is none":         "e30.e30.e30",
		"without a signature":           token("first", jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(nil)),
		"alg none and a signature":      swapHeader(signed, `{"alg":"none","kid":"first"}`),
		"HMAC with the certificate":     token("first", jwt.SigningMethodHS256, certificate(signers()[0]), claims(nil)),
		"another hash":                  token("first", jwt.SigningMethodRS512, signers()[0], claims(nil)),
		"another padding":               token("first", jwt.SigningMethodPS256, signers()[0], claims(nil)),
		"the key of another":            good("first", 1, nil),
		"a key that nobody published":   good("second", 1, nil),
		"no name of a key":              token("", jwt.SigningMethodRS256, signers()[0], claims(nil)),
		"changed after signing":         swapClaims(signed, `"sub":"ada"`, `"sub":"bob"`),
		"ended":                         set("exp", in(-time.Minute)),
		"without an end":                set("exp", nil),
		"made in time to come":          set("iat", in(2*time.Minute)),
		"without a time of making":      set("iat", nil),
		"for another project":           set("aud", "other"),
		"for several projects":          set("aud", []string{project, "other"}),
		"of another issuer":             set("iss", "https://securetoken.google.com/other"),
		"a session cookie":              set("iss", "https://session.firebase.google.com/"+project),
		"of nobody":                     set("sub", ""),
		"without a person":              set("sub", nil),
		"of a long name":                set("sub", strings.Repeat("a", 129)),
		"of a name that cannot be kept": set("sub", "a\u0000b"),
		"signed in later than now":      set("auth_time", in(2*time.Minute)),
		"without a time of signing in":  set("auth_time", nil),
		"a time of signing in as text":  set("auth_time", "now"),
		"of an anonymous account":       from("anonymous"),
		"of the app's own tokens":       from("custom"),
		"of another provider":           from("facebook.com"),
		"of no provider":                set("firebase", nil),
		"of a tenant":                   set("firebase", map[string]any{"sign_in_provider": "google.com", "tenant": "t"}),
	}
	v := newGoogle().verifier(t, nil)
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := v.Verify(t.Context(), proof(raw))
			refused(t, id, err, errs.InvalidValue, "input.identity.firebase.idToken")
			if faults, _ := errs.InputOf(err); len(raw) > 3 && strings.Contains(err.Error()+faults[0].Message, raw) {
				t.Errorf("the error repeats the token: %+v", faults)
			}
		})
	}
}

func TestTheLengthOfATokenIsBounded(t *testing.T) {
	t.Parallel()
	g := newGoogle()
	v := g.verifier(t, nil)
	id, err := v.Verify(t.Context(), proof(""))
	refused(t, id, err, errs.Required, "input.identity.firebase.idToken")
	id, err = v.Verify(t.Context(), proof(good("first", 0, map[string]any{"padding": strings.Repeat("x", 16384)})))
	refused(t, id, err, errs.TooLong, "input.identity.firebase.idToken")
	if n := g.asked(); n != 0 {
		t.Errorf("%d fetches for what is not even read", n)
	}
	id, err = v.Verify(t.Context(), auth.Proof{Dev: &auth.DevProof{Email: "ada@example.com"}})
	refused(t, id, err, errs.InvalidValue, "input.identity")
}

func TestProvidersAndLeewayAreSettings(t *testing.T) {
	t.Parallel()
	v := newGoogle().verifier(t, func(c *firebaseauth.Config) {
		c.Providers, c.Leeway = []string{"anonymous"}, 5*time.Second
	})
	anonymous := map[string]any{"sign_in_provider": "anonymous"}
	if _, err := v.Verify(t.Context(), proof(good("first", 0, map[string]any{"firebase": anonymous}))); err != nil {
		t.Errorf("a provider that was set: %v", err)
	}
	id, err := v.Verify(t.Context(), proof(good("first", 0, nil)))
	refused(t, id, err, errs.InvalidValue, "input.identity.firebase.idToken")
	late := map[string]any{"firebase": anonymous, "exp": time.Now().Add(-10 * time.Second).Unix()}
	id, err = v.Verify(t.Context(), proof(good("first", 0, late)))
	refused(t, id, err, errs.InvalidValue, "input.identity.firebase.idToken")
}

func TestAnEndedTokenIsTakenForHalfAMinute(t *testing.T) {
	t.Parallel()
	v := newGoogle().verifier(t, nil)
	for late, want := range map[time.Duration]bool{20 * time.Second: true, 31 * time.Second: false} {
		_, err := v.Verify(t.Context(), proof(good("first", 0, map[string]any{"exp": time.Now().Add(-late).Unix()})))
		if (err == nil) != want {
			t.Errorf("%v after its end: %v", late, err)
		}
	}
}

// refused fails unless err is one fault of the input, at path, and nobody was proven.
func refused(t *testing.T, id auth.Identity, err error, reason errs.Reason, path string) {
	t.Helper()
	faults, ok := errs.InputOf(err)
	if !ok || len(faults) != 1 || faults[0].Reason != reason || !slices.Equal(faults[0].Path, strings.Split(path, ".")) {
		t.Fatalf("got %v, want %s at %s", err, reason, path)
	}
	if id != (auth.Identity{}) {
		t.Errorf("a refused token proved %+v", id)
	}
}

// swapHeader is a token with another header and its old signature.
func swapHeader(token, header string) string {
	_, rest, _ := strings.Cut(token, ".")
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + rest
}

// swapClaims is a token with other claims and its old signature.
func swapClaims(token, before, after string) string {
	parts := strings.Split(token, ".")
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if changed := strings.Replace(string(body), before, after, 1); err == nil && changed != string(body) {
		parts[1] = base64.RawURLEncoding.EncodeToString([]byte(changed))
		return strings.Join(parts, ".")
	}
	panic("the token does not hold " + before)
}
