package account_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// preferences are what a test compares of an account.
type preferences struct {
	Theme              user.Theme
	Accent             string
	Language           user.Language
	Model, Persona     string
	DefaultInstruction string
	Revision           int
}

func preferencesOf(u *ent.User) preferences {
	p := preferences{Theme: u.Theme, Accent: u.AccentColor, Language: u.Language, DefaultInstruction: u.DefaultInstruction, Revision: u.PreferencesRevision}
	if u.DefaultModel != nil {
		p.Model = *u.DefaultModel
	}
	if u.PersonaName != nil {
		p.Persona = *u.PersonaName
	}
	return p
}

func TestUpdatePreferences(t *testing.T) {
	t.Parallel()
	steps := []struct {
		name   string
		change account.Change
		want   preferences
	}{
		{
			"all at once", account.Change{
				Theme: ptr(user.ThemeLight), AccentColor: ptr("#ABCDEF"), Language: ptr(user.LanguageEnglish), DefaultModel: ptr("sandbox-brief"),
				DefaultInstruction: ptr("Be kind."), PersonaName: ptr(" Weaver "),
			},
			preferences{user.ThemeLight, "#abcdef", user.LanguageEnglish, "sandbox-brief", "Weaver", "Be kind.", 2},
		},
		{
			"one, at the right revision", account.Change{Theme: ptr(user.ThemeSystem), IfRevision: ptr(2)},
			preferences{user.ThemeSystem, "#abcdef", user.LanguageEnglish, "sandbox-brief", "Weaver", "Be kind.", 3},
		},
		{
			"back to none", account.Change{DefaultModel: ptr(""), DefaultInstruction: ptr(""), PersonaName: ptr("  ")},
			preferences{user.ThemeSystem, "#abcdef", user.LanguageEnglish, "", "", "", 4},
		},
		{
			"what does not show", account.Change{DefaultInstruction: ptr("\u3164\n"), PersonaName: ptr("\u200b\u2060")},
			preferences{user.ThemeSystem, "#abcdef", user.LanguageEnglish, "", "", "", 5},
		},
	}
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		in, other := signIn(t, s, "ada@example.com"), signIn(t, s, "bob@example.com")
		for i, step := range steps {
			u, err := s.UpdatePreferences(t.Context(), in.User.ID, step.change)
			if err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if diff := cmp.Diff(step.want, preferencesOf(u)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.name, diff)
			}
			wantEvents(t, st, u.ID, slices.Repeat([]string{"viewer.updated"}, i+1)...)
		}
		rows, err := s.Users(t.Context(), []oid.User{other.User.ID})
		if err != nil || preferencesOf(rows[0]) != preferencesOf(other.User) {
			t.Errorf("somebody else's preferences = %v, %v", rows, err)
		}
	})
}

func TestUpdatePreferencesRefuses(t *testing.T) {
	t.Parallel()
	faults := []struct {
		name   string
		change account.Change
		want   string
	}{
		{"a colour by name", account.Change{AccentColor: ptr("red")}, "input.accentColor INVALID_VALUE"},
		{"a short colour", account.Change{AccentColor: ptr("#fff")}, "input.accentColor INVALID_VALUE"},
		{"a colour and more", account.Change{AccentColor: ptr("#ffffff\n")}, "input.accentColor INVALID_VALUE"},
		{"an unknown theme", account.Change{Theme: ptr(user.Theme("NEON"))}, "input.theme INVALID_VALUE"},
		{"an unknown language", account.Change{Language: ptr(user.Language("FR"))}, "input.language INVALID_VALUE"},
		{"a long instruction", account.Change{DefaultInstruction: ptr(strings.Repeat("가", 2001))}, "input.defaultInstruction TOO_LONG"},
		{"a long name", account.Change{PersonaName: ptr(strings.Repeat("가", 51))}, "input.personaName TOO_LONG"},
		{"U+0000", account.Change{PersonaName: ptr("a\x00")}, "input.personaName INVALID_CHARACTERS"},
		{"a retired model", account.Change{DefaultModel: ptr("sandbox-classic")}, "input.defaultModelId INVALID_VALUE"},
		{
			"two at once", account.Change{AccentColor: ptr(""), DefaultModel: ptr("sandbox-classic")},
			"input.accentColor INVALID_VALUE, input.defaultModelId INVALID_VALUE",
		},
	}
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		in := signIn(t, s, "ada@example.com")
		for _, f := range faults {
			t.Run(f.name, func(t *testing.T) {
				f.change.Theme = orLight(f.change.Theme)
				_, err := s.UpdatePreferences(t.Context(), in.User.ID, f.change)
				wantFaults(t, err, f.want)
			})
		}
		_, err := s.UpdatePreferences(t.Context(), in.User.ID, account.Change{DefaultModel: ptr("gpt-9")})
		wantCode(t, err, errs.ModelNotAllowed)
		_, err = s.UpdatePreferences(t.Context(), oid.New[oid.User](), account.Change{Theme: ptr(user.ThemeLight)})
		wantCode(t, err, errs.NotFound)
		rows, err := s.Users(t.Context(), []oid.User{in.User.ID})
		if err != nil || preferencesOf(rows[0]) != preferencesOf(in.User) {
			t.Errorf("a refused change left %v, %v", rows, err)
		}
		wantEvents(t, st, in.User.ID)
	})
}

// orLight adds a good change beside the bad one, which must not be written either.
func orLight(theme *user.Theme) *user.Theme {
	if theme != nil {
		return theme
	}
	return ptr(user.ThemeLight)
}

// revisionOf is the present revision that a CONFLICT contains.
func revisionOf(t *testing.T, err error) any {
	t.Helper()
	wantCode(t, err, errs.Conflict)
	var e *errs.Error
	if !errors.As(err, &e) {
		return nil
	}
	return e.Extensions["revision"]
}

func TestOneOfTwoConcurrentChangesOfARevisionSucceeds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		in := signIn(t, s, "ada@example.com")
		_, faults := parallel(t.Context(), 8, func(ctx context.Context, _ int) (*ent.User, error) {
			return s.UpdatePreferences(ctx, in.User.ID, account.Change{Theme: ptr(user.ThemeLight), IfRevision: ptr(1)})
		})
		won := 0
		for _, err := range faults {
			if err == nil {
				won++
			} else if got := revisionOf(t, err); got != 2 {
				t.Errorf("the conflict tells revision %v, want 2", got)
			}
		}
		if won != 1 {
			t.Errorf("%d of 8 changed revision 1, want 1", won)
		}
		wantEvents(t, st, in.User.ID, "viewer.updated")
	})
}

// TestNamesOfWhichNothingShowsAreNone in a profile.
func TestNamesOfWhichNothingShowsAreNone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *store.Store, s *account.Service, _ *clock) {
		in := signIn(t, s, "ada@example.com")
		for name, want := range map[string]string{"Ada": "Ada", "\u3164": "", "\u2009\u200b": "", "": ""} {
			u, err := s.UpdateProfile(t.Context(), in.User.ID, account.Profile{FirstName: &name, LastName: &name})
			if err != nil || u.FirstName != want || u.LastName != want {
				t.Errorf("%q: %v, %v, want %q", name, u, err, want)
			}
		}
	})
}
