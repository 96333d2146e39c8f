package account

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// The longest texts of preferences, in code points.
const (
	MaxInstruction = 2000
	MaxPersonaName = 50
)

// accentColor matches a colour in the form in which it is stored.
var accentColor = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// Change is a change of preferences; nil fields stay unchanged.
type Change struct {
	Theme *user.Theme
	// AccentColor is #rrggbb in any case.
	AccentColor *string
	Language    *user.Language
	// DefaultModel, DefaultInstruction and PersonaName are cleared by an empty value.
	DefaultModel       *string
	DefaultInstruction *string
	PersonaName        *string
	// IfRevision refuses the change with CONFLICT unless the preferences have this revision.
	IfRevision *int
}

// UpdatePreferences changes the preferences of an account. An unknown model is MODEL_NOT_ALLOWED. An outdated
// revision is CONFLICT, with the present one.
func (s *Service) UpdatePreferences(ctx context.Context, id oid.User, in Change) (*ent.User, error) {
	in = in.normal()
	if err := s.checkChange(in); err != nil {
		return nil, err
	}
	var changed *ent.User
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		update := in.apply(tx.Client().User.Update().Where(user.ID(id)))
		// The revision is a condition of the update, so of two concurrent changes one succeeds.
		if in.IfRevision != nil {
			update.Where(user.PreferencesRevision(*in.IfRevision))
		}
		n, err := update.AddPreferencesRevision(1).Save(ctx)
		if err != nil {
			return fmt.Errorf("account: update preferences: %w", err)
		}
		if changed, err = found(tx.Client().User.Get(ctx, id)); err != nil {
			return err
		}
		if n == 0 {
			return conflict(errs.Textf("The preferences were changed since you read them."), changed.PreferencesRevision)
		}
		feed.Record(tx, id, feed.ViewerUpdated, feed.Facts{})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// Language is the language of a user. Only this column is read.
func (s *Service) Language(ctx context.Context, id oid.User) (user.Language, error) {
	var read []user.Language
	err := s.store.Client().User.Query().Where(user.ID(id)).Limit(1).Select(user.FieldLanguage).Scan(ctx, &read)
	if err != nil {
		return "", fmt.Errorf("account: language: %w", err)
	}
	if len(read) == 0 {
		return "", errNotFound()
	}
	return read[0], nil
}

// conflict refuses a change that was made for an older revision.
func conflict(message errs.Text, revision int) error {
	return errs.NewText(errs.Conflict, message).With("revision", revision)
}

// normal gives equal values one form.
func (in Change) normal() Change {
	if in.AccentColor != nil {
		lower := strings.ToLower(*in.AccentColor)
		in.AccentColor = &lower
	}
	if in.PersonaName != nil {
		in.PersonaName = shown(strings.TrimSpace(*in.PersonaName))
	}
	if in.DefaultInstruction != nil {
		in.DefaultInstruction = shown(*in.DefaultInstruction)
	}
	return in
}

// shown is a text, or the empty one where the text has no visible character.
func shown(s string) *string {
	if text.Blank(s) {
		s = ""
	}
	return &s
}

// checkChange reports all faults of a change at once.
func (s *Service) checkChange(in Change) error {
	var c text.Checker
	if in.Theme != nil && user.ThemeValidator(*in.Theme) != nil {
		c.Fail(errs.InvalidValue, "theme", "The theme is DARK, LIGHT or SYSTEM.")
	}
	if in.Language != nil && user.LanguageValidator(*in.Language) != nil {
		c.Fail(errs.InvalidValue, "language", "The language is KO or EN.")
	}
	if in.AccentColor != nil && !accentColor.MatchString(*in.AccentColor) {
		c.Fail(errs.InvalidValue, "accentColor", "A colour is written #rrggbb, such as #6366f1.")
	}
	if in.DefaultInstruction != nil {
		c.Text("defaultInstruction", *in.DefaultInstruction, 0, MaxInstruction)
	}
	if in.PersonaName != nil {
		c.Text("personaName", *in.PersonaName, 0, MaxPersonaName)
	}
	if in.DefaultModel != nil && *in.DefaultModel != "" {
		if err := s.checkModel(&c, *in.DefaultModel); err != nil {
			return err
		}
	}
	return c.Err()
}

// checkModel reports a retired model as a fault of this input's field.
func (s *Service) checkModel(c *text.Checker, id string) error {
	err := s.usable(id)
	faults, ok := errs.InputOf(err)
	if !ok {
		return err
	}
	for _, f := range faults {
		c.FailText(errs.InvalidValue, "defaultModelId", f.Text)
	}
	return nil
}

// apply adds the given fields to an update. An empty text clears a nullable column.
func (in Change) apply(u *ent.UserUpdate) *ent.UserUpdate {
	u.SetNillableTheme(in.Theme).SetNillableAccentColor(in.AccentColor).
		SetNillableLanguage(in.Language).SetNillableDefaultInstruction(in.DefaultInstruction)
	switch {
	case in.DefaultModel == nil:
	case *in.DefaultModel == "":
		u.ClearDefaultModel()
	default:
		u.SetDefaultModel(*in.DefaultModel)
	}
	switch {
	case in.PersonaName == nil:
	case *in.PersonaName == "":
		u.ClearPersonaName()
	default:
		u.SetPersonaName(*in.PersonaName)
	}
	return u
}
