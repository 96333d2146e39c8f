// Package locale renders the server's texts in the language of whoever reads them.
//
// A text has no language until it leaves the server: [errs.Text] keeps the English format and its arguments. The catalogue,
// texts.yaml, holds for each format what it reads in English and in Korean, as ICU messages. The context of a
// request says which of them its reader wants; see [With] and [WithPreference].
package locale

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/text/language"
)

// Language is a language that the server speaks, as its BCP 47 tag.
type Language string

// The languages.
const (
	English Language = "en"
	Korean  Language = "ko"
)

// Languages are all of them; the first is that of readers who want none.
func Languages() []Language { return []Language{English, Korean} }

// matcher finds the language that serves a reader best.
var matcher = language.NewMatcher([]language.Tag{English.tag(), Korean.tag()})

func (l Language) tag() language.Tag {
	if l == Korean {
		return language.Korean
	}
	return language.English
}

// maxField bounds an Accept-Language field in bytes, since matching thousands of tags takes milliseconds.
const maxField = 1000

// Accept reads an Accept-Language field, whose lines are joined by commas (RFC 9110, 12.5.4). It is false when the field is
// absent, malformed or longer than any browser's. A reader of other languages only gets English.
func Accept(field ...string) (Language, bool) {
	list := strings.TrimSpace(strings.Join(field, ","))
	if list == "" || len(list) > maxField {
		return English, false
	}
	tags, _, err := language.ParseAcceptLanguage(list)
	if err != nil || len(tags) == 0 {
		return English, false
	}
	_, index, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return English, true
	}
	return Languages()[index], true
}

// Parse reads one language tag, such as ko or en-GB. It is false for what is no tag and for languages that the server
// does not speak.
func Parse(tag string) (Language, bool) {
	t, err := language.Parse(tag)
	if err != nil {
		return English, false
	}
	base, _ := t.Base()
	l := Language(base.String())
	return l, slices.Contains(Languages(), l)
}

// reader is who reads the texts of a context.
type reader struct {
	// asked is the language that the request named, isNamed whether it did.
	asked   Language
	isNamed bool
	// prefers reads the language of the person's account; nil for nobody's.
	prefers func(context.Context) (Language, error)

	once sync.Once
	used Language
	// isUsed says that used was asked for.
	isUsed atomic.Bool
}

type readerKey struct{}

func readerOf(ctx context.Context) *reader {
	if r, ok := ctx.Value(readerKey{}).(*reader); ok {
		return r
	}
	return &reader{asked: English}
}

// With returns a context whose request asks for a language.
func With(ctx context.Context, l Language) context.Context {
	return context.WithValue(ctx, readerKey{}, &reader{asked: l, isNamed: true, prefers: readerOf(ctx).prefers})
}

// WithPreference returns a context whose person prefers a language, whatever the request asks for. prefers is called at most
// once for a context, and only when a text is rendered, so requests without one cost nothing. When it fails, the
// language that was asked for counts.
func WithPreference(ctx context.Context, prefers func(context.Context) (Language, error)) context.Context {
	r := readerOf(ctx)
	return context.WithValue(ctx, readerKey{}, &reader{asked: r.asked, isNamed: r.isNamed, prefers: prefers})
}

// Fresh returns a context with a reader of its own, who has read nothing yet: its preference is read again. It is for each
// request, and for what lives longer than a preference, as a subscription does.
func Fresh(ctx context.Context) context.Context { return WithPreference(ctx, readerOf(ctx).prefers) }

// Asked is the language that the request named; false when it named none.
func Asked(ctx context.Context) (Language, bool) {
	r := readerOf(ctx)
	return r.asked, r.isNamed
}

// From is the language of the context's reader: that of the account, else the one asked for, else English.
func From(ctx context.Context) Language {
	r := readerOf(ctx)
	defer r.isUsed.Store(true)
	r.once.Do(func() {
		r.used = r.asked
		if r.prefers == nil {
			return
		}
		// A text often says that the request's time is over: that must not decide its language.
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		if l, err := r.prefers(wait); err == nil {
			r.used = l
		}
	})
	return r.used
}

// Used is the language of the texts that were rendered for the context's reader; false before the first.
func Used(ctx context.Context) (Language, bool) {
	r := readerOf(ctx)
	if !r.isUsed.Load() {
		return English, false
	}
	return From(ctx), true
}
