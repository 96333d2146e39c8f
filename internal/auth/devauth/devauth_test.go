package devauth_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/auth/devauth"
	"github.com/weav-ai/weav/internal/errs"
)

func ptr[T any](v T) *T { return &v }

// address is a well-formed one of n characters.
func address(n int) string {
	return strings.Repeat("a", 64) + "@" + strings.Repeat("b", n-65-4) + ".com"
}

func TestVerify(t *testing.T) {
	t.Parallel()
	id, err := devauth.New().Verify(t.Context(), auth.Proof{Dev: &auth.DevProof{Email: "Ada@Example.COM", FirstName: ptr("Ada")}})
	if err != nil {
		t.Fatal(err)
	}
	want := auth.Identity{UID: "dev:ada@example.com", Email: "ada@example.com", IsEmailVerified: true, FirstName: ptr("Ada")}
	if diff := cmp.Diff(want, id); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
}

func TestVerifyKeepsLongAddressesApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, email := range []string{address(251), address(252), address(254), "c" + address(254)[1:]} {
		id, err := devauth.New().Verify(t.Context(), auth.Proof{Dev: &auth.DevProof{Email: email}})
		if err != nil {
			t.Fatalf("an address of %d characters: %v", len(email), err)
		}
		if len(id.UID) > 255 {
			t.Errorf("uid has %d bytes, want at most 255", len(id.UID))
		}
		if other, twice := seen[id.UID]; twice {
			t.Errorf("%s and %s are one person", other, email)
		}
		seen[id.UID] = email
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		proof auth.Proof
		want  string
	}{
		{"no proof", auth.Proof{}, "input: input.identity INVALID_VALUE"},
		{"no address", auth.Proof{Dev: &auth.DevProof{}}, "input: input.identity.dev.email REQUIRED"},
		{"no at sign", auth.Proof{Dev: &auth.DevProof{Email: "ada"}}, "input: input.identity.dev.email INVALID_VALUE"},
		{"with a name", auth.Proof{Dev: &auth.DevProof{Email: "Ada <ada@example.com>"}}, "input: input.identity.dev.email INVALID_VALUE"},
		{"with spaces", auth.Proof{Dev: &auth.DevProof{Email: " ada@example.com"}}, "input: input.identity.dev.email INVALID_VALUE"},
		{"two", auth.Proof{Dev: &auth.DevProof{Email: "a@b.c, d@e.f"}}, "input: input.identity.dev.email INVALID_VALUE"},
		{"U+0000", auth.Proof{Dev: &auth.DevProof{Email: "a\x00@b.c"}}, "input: input.identity.dev.email INVALID_CHARACTERS"},
		{"too long", auth.Proof{Dev: &auth.DevProof{Email: address(255)}}, "input: input.identity.dev.email TOO_LONG"},
		{
			"all at once", auth.Proof{Dev: &auth.DevProof{FirstName: ptr(strings.Repeat("가", 101)), LastName: ptr("\x00")}},
			"input: input.identity.dev.email REQUIRED, input.identity.dev.firstName TOO_LONG, input.identity.dev.lastName INVALID_CHARACTERS",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := devauth.New().Verify(t.Context(), tt.proof)
			faults, _ := errs.InputOf(err)
			if got := faults.Error(); got != tt.want {
				t.Errorf("Verify = %s, want %s", got, tt.want)
			}
		})
	}
}
