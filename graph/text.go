package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/admin"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/locale"
	"github.com/weav-ai/weav/internal/modelcheck"
)

// What the server says is rendered as it is read, in the reader's language: the same event reads in two languages in two tabs.

// Message is what to tell the person.
func (*replyFailureResolver) Message(ctx context.Context, f *chat.Failure) (string, error) {
	return locale.Render(ctx, errs.Text{Format: f.Message}), nil
}

// Message is what to tell the person.
func (*jobFailureResolver) Message(ctx context.Context, f *job.Failure) (string, error) {
	return locale.Render(ctx, errs.Text{Format: f.Message}), nil
}

// Message is what to do.
func (*modelWarningResolver) Message(ctx context.Context, w *modelcheck.Warning) (string, error) {
	return locale.Render(ctx, w.Text), nil
}

// Detail says what happened beyond its type.
func (*paymentStepResolver) Detail(ctx context.Context, s *ent.PaymentStep) (string, error) {
	return locale.Render(ctx, billing.Detail(s)), nil
}

// Detail says what changed.
func (*auditEntryResolver) Detail(ctx context.Context, e *ent.AuditEntry) (string, error) {
	return locale.Render(ctx, admin.DetailText(e)), nil
}

// LastError is why the provider refused it last; nil when it did not.
func (*providerKeyResolver) LastError(ctx context.Context, k *ent.ProviderKey) (*string, error) {
	if k.LastError == "" {
		return nil, nil
	}
	said := locale.Render(ctx, errs.Verbatim(k.LastError))
	return &said, nil
}

// askedLanguage is the language that a request named; nil when it named none.
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
