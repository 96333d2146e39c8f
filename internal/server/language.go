package server

import (
	"net/http"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/locale"
)

// setLanguage puts the language that a request asks for into its context.
func setLanguage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := locale.Fresh(r.Context())
		if l, named := locale.Accept(r.Header.Values("Accept-Language")...); named {
			ctx = locale.With(ctx, l)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// refuse answers outside of GraphQL with a text in the language of the request.
func refuse(w http.ResponseWriter, r *http.Request, status int, format string, args ...any) { //nolint:unparam // The form of all functions that make a text.
	w.Header().Set("Content-Language", string(locale.From(r.Context())))
	w.Header().Add("Vary", "Accept-Language")
	http.Error(w, locale.Render(r.Context(), errs.Textf(format, args...)), status)
}
