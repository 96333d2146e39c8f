// Package locale renders the server's texts in the language of the reader.
//
// A text has no language until it leaves the server: [errs.Text] holds the English format and its arguments.
// The catalogue, texts.yaml, holds for each format the English and the Korean text as ICU messages. The
// context of a request determines which one its reader gets; see [With] and [WithPreference].
package locale

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/text/language"
)

// Language is a language of the server's texts, as its BCP 47 tag.
type Language string

// The languages.
const (
	English Language = "en"
	Korean  Language = "ko"
)

// Languages are all of them; the first is the default.
func Languages() []Language { return []Language{English, Korean} }

// matcher finds the language that fits a reader best.
var matcher = language.NewMatcher([]language.Tag{English.tag(), Korean.tag()})

// tag is the language as x/text knows it.
func (l Language) tag() language.Tag {
	if l == Korean {
		return language.Korean
	}
	return language.English
}

// maxField bounds an Accept-Language field in bytes, since matching thousands of tags takes milliseconds.
const maxField = 1000

// Accept reads an Accept-Language field, whose lines are joined by commas (RFC 9110, 12.5.4). It is false
// when the field is absent, malformed or longer than a browser's. A reader of other languages gets English.
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

// Parse reads one language tag, such as ko or en-GB. It is false for an invalid tag and for languages without
// a catalogue.
func Parse(tag string) (Language, bool) {
	t, err := language.Parse(tag)
	if err != nil {
		return English, false
	}
	base, _ := t.Base()
	l := Language(base.String())
	return l, slices.Contains(Languages(), l)
}

// reader is the reader of the texts of a context.
type reader struct {
	// requested is the language that the request named, isNamed whether it named one.
	requested Language
	isNamed   bool
	// prefers reads the language of the user's account; nil without a user.
	prefers func(context.Context) (Language, error)

	once sync.Once
	used Language
	// isUsed is set when used was read.
	isUsed atomic.Bool
}

type readerKey struct{}

// readerOf returns the reader of a context; an English one when there is none.
func readerOf(ctx context.Context) *reader {
	if r, ok := ctx.Value(readerKey{}).(*reader); ok {
		return r
	}
	return &reader{requested: English}
}

// With returns a context whose request asks for a language.
func With(ctx context.Context, l Language) context.Context {
	return context.WithValue(ctx, readerKey{}, &reader{requested: l, isNamed: true, prefers: readerOf(ctx).prefers})
}

// WithPreference returns a context whose user prefers a language, which takes precedence over the request's.
// prefers is called at most once for a context, and only when a text is rendered, so that requests without a
// text cost nothing. When it fails, the language of the request is used.
func WithPreference(ctx context.Context, prefers func(context.Context) (Language, error)) context.Context {
	r := readerOf(ctx)
	return context.WithValue(ctx, readerKey{}, &reader{requested: r.requested, isNamed: r.isNamed, prefers: prefers})
}

// Fresh returns a context with a reader of its own, whose preference is read again. It is for each request,
// and for operations that outlive a preference, such as a subscription.
func Fresh(ctx context.Context) context.Context { return WithPreference(ctx, readerOf(ctx).prefers) }

// Requested is the language that the request named; false when it named none.
func Requested(ctx context.Context) (Language, bool) {
	r := readerOf(ctx)
	return r.requested, r.isNamed
}

// From is the language of the context's reader: that of the account, else that of the request, else English.
func From(ctx context.Context) Language {
	r := readerOf(ctx)
	defer r.isUsed.Store(true)
	r.once.Do(func() {
		r.used = r.requested
		if r.prefers == nil {
			return
		}
		// The text may report that the request timed out, so the ended context must not prevent reading the preference.
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), preferenceTimeout)
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
