package chat_test

import (
	"strings"
	"testing"

	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/locale"
	"github.com/weav-ai/weav/internal/run/runtest"
)

// TestInterruptedRepliesSayThatTheTextIsKept, whatever the provider's fault, in both languages.
func TestInterruptedRepliesSayThatTheTextIsKept(t *testing.T) {
	t.Parallel()
	kinds := []ai.Kind{
		ai.RateLimited, ai.QuotaExhausted, ai.Overloaded, ai.Upstream, ai.Interrupted, ai.Timeout, ai.Canceled, ai.Auth, ai.RegionBlocked,
		ai.ModelGone, ai.ContextLength, ai.ContentBlocked, ai.NoOutput, ai.BadRequest, ai.Unsupported, ai.KeyRefused, "a kind of tomorrow",
	}
	runtest.Each(t, func(t *testing.T, p *runtest.Process) {
		for _, kind := range kinds {
			reply := p.Send(string(kind))
			w := p.Write(reply.ID)
			call := p.Model.Next(t)
			call.Say("one ")
			call.Fail(&ai.Error{Kind: kind, Shown: true, Accepted: true})
			w.Ended()
			got := p.Message(reply.ID)
			if got.Status != message.StatusInterrupted || got.Text != "one " || got.FailureCode == nil {
				t.Errorf("%s: the reply is %s with %q", kind, got.Status, got.Text)
				continue
			}
			wantKept(t, *got.FailureCode)
		}
	})
	for _, code := range []chat.FailureCode{chat.FailureWorkerLost, chat.FailureInternal, "A_CODE_OF_TOMORROW"} {
		wantKept(t, string(code))
	}
}

func wantKept(t *testing.T, code string) {
	t.Helper()
	said := errs.Text{Format: chat.FailureOf(code, message.StatusInterrupted).Message}
	for l, words := range map[locale.Language]string{locale.English: " is kept.", locale.Korean: "저장되어 있습니다."} {
		if s := locale.In(l, said); !strings.Contains(s, words) {
			t.Errorf("%s: %q does not say that the text is kept", code, s)
		}
	}
	if of := chat.FailureOf(code, message.StatusFailed); strings.Contains(of.Message, "kept") {
		t.Errorf("%s: a reply without text says %q", code, of.Message)
	}
}
