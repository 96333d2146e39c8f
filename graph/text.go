package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/admin"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/locale"
	"github.com/weav-ai/weav/internal/modelcheck"
)

// Texts are rendered when they are read, in the language of the reader: two tabs can read one event in two languages.

// Message explains the failure to the user.
func (*replyFailureResolver) Message(ctx context.Context, f *chat.Failure) (string, error) {
	return locale.Render(ctx, errs.Text{Format: f.Message}), nil
}

// Message explains the failure to the user.
func (*jobFailureResolver) Message(ctx context.Context, f *job.Failure) (string, error) {
	return locale.Render(ctx, errs.Text{Format: f.Message}), nil
}

// Message says what the operator must do.
func (*modelWarningResolver) Message(ctx context.Context, w *modelcheck.Warning) (string, error) {
	return locale.Render(ctx, w.Text), nil
}

// Detail is what the type of the step does not say.
func (*paymentStepResolver) Detail(ctx context.Context, s *ent.PaymentStep) (string, error) {
	return locale.Render(ctx, billing.Detail(s)), nil
}

// Detail is what the action changed.
func (*auditEntryResolver) Detail(ctx context.Context, e *ent.AuditEntry) (string, error) {
	return locale.Render(ctx, admin.DetailText(e)), nil
}

// LastError is the provider's last refusal of the key; nil when there is none.
func (*providerKeyResolver) LastError(ctx context.Context, k *ent.ProviderKey) (*string, error) {
	if k.LastError == "" {
		return nil, nil
	}
	text := locale.Render(ctx, errs.Verbatim(k.LastError))
	return &text, nil
}

// askedLanguage is the language that the request names; nil when it names none.
func askedLanguage(ctx context.Context) *user.Language {
	asked, isNamed := locale.Requested(ctx)
	if !isNamed {
		return nil
	}
	l := user.LanguageEnglish
	if asked == locale.Korean {
		l = user.LanguageKorean
	}
	return &l
}

// labelIn returns a label in language, or in the language of the reader when that is nil.
func labelIn(ctx context.Context, l catalog.Label, language *user.Language) (string, error) {
	isKorean := language != nil && *language == user.LanguageKorean
	if isKorean || language == nil && locale.From(ctx) == locale.Korean {
		return l.KO, nil
	}
	return l.EN, nil
}
