package sandboxpay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html/template"
	"mime"
	"net/http"
	"net/url"

	"github.com/weav-ai/weav/internal/pay"
)

// page loads nothing else and runs no script, so that a strict policy applies to it.
var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sandbox payment</title>
<h1>Sandbox payment</h1>
<p>No money moves here. Say what happens to this payment.</p>
<dl><dt>Order</dt><dd>{{.Payment.OrderName}}</dd><dt>Amount, in minor units</dt><dd>{{.Payment.Total}} {{.Payment.Currency}}</dd>
<dt>Status</dt><dd>{{.Payment.Status}}{{if .Payment.Disputed}}, disputed{{end}}</dd>
{{if .Payment.Cancelled}}<dt>Given back</dt><dd>{{.Payment.Cancelled}}</dd>{{end}}</dl>
<form method="post"><input type="hidden" name="token" value="{{.Token}}">
{{range .Outcomes}}<p><button name="outcome" value="{{.Name}}">{{.Label}}</button></p>{{end}}
</form></html>
`))

// maxForm bounds the size of a request to the page, in bytes.
const maxForm = 4096

// errUnfit says that an outcome is not possible in the payment's state.
var errUnfit = errors.New("sandboxpay: this cannot happen to the payment as it is")

// Handler serves the page of a payment at /{id}, below Config.PageURL. GET returns the page. POST lets an
// outcome happen, as a form of the page or as JSON {"outcome": "paid"}, and sends a notice. JSON is answered
// by 204.
//
// A repetition changes nothing, except for "partial", and sends another notice. 503 says that the notice was
// not accepted, 409 that the outcome is not possible any more.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{id}", g.showPage)
	mux.HandleFunc("POST /{id}", g.handleOutcome)
	return mux
}

// showPage serves the page. Its headers forbid scripts, frames and caches.
func (g *Gateway) showPage(w http.ResponseWriter, r *http.Request) {
	p, err := g.Payment(r.Context(), pay.Ref{ID: r.PathValue("id")})
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "same-origin")
	// The reader may be gone; the error has no use then.
	_ = page.Execute(w, map[string]any{"Payment": p, "Token": g.token(p.ID), "Outcomes": possible(*p)})
}

// handleOutcome lets an outcome happen and sends its notice.
func (g *Gateway) handleOutcome(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	outcome, isForm, err := g.readOutcome(w, r, id)
	if err != nil {
		fail(w, err)
		return
	}
	err = g.change(r.Context(), id, func(k *entryState) error {
		switch {
		case k.ID == "":
			return pay.ErrNotFound
		case !outcome.fits(k.Payment):
			return errUnfit
		}
		outcome.do(&k.Payment)
		return nil
	})
	if err == nil {
		err = g.notify(r.Context(), id)
	}
	switch {
	case err != nil:
		fail(w, err)
	case isForm:
		// The location is relative to the page, wherever it is served. http.Redirect would make it a path of
		// this handler.
		w.Header().Set("Location", url.PathEscape(id))
		w.WriteHeader(http.StatusSeeOther)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// readOutcome reads the outcome of a request. A form needs the page's token, because a page of another site
// can send a form. It cannot send JSON without a preflight request.
func (g *Gateway) readOutcome(w http.ResponseWriter, r *http.Request, id string) (o Outcome, isForm bool, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	var name string
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if isForm = kind != "application/json"; isForm {
		if err := r.ParseForm(); err != nil || !hmac.Equal([]byte(r.PostFormValue("token")), []byte(g.token(id))) {
			return Outcome{}, true, pay.Fault(pay.ErrRefused, "not this page's form", nil)
		}
		name = r.PostFormValue("outcome")
	} else {
		var in struct {
			Outcome string `json:"outcome"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			return Outcome{}, false, pay.Fault(pay.ErrRefused, "no JSON", nil)
		}
		name = in.Outcome
	}
	o, ok := find(name)
	if !ok {
		return Outcome{}, isForm, pay.Fault(pay.ErrRefused, "no such outcome", nil)
	}
	return o, isForm, nil
}

// token binds a form to the page of one payment.
func (g *Gateway) token(id string) string {
	mac := hmac.New(sha256.New, g.cfg.Secret)
	mac.Write([]byte("form " + id))
	return hex.EncodeToString(mac.Sum(nil))
}

// fail answers an error by its status alone, since its text is for logs.
func fail(w http.ResponseWriter, err error) {
	status := http.StatusServiceUnavailable
	switch {
	case errors.Is(err, pay.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, errUnfit):
		status = http.StatusConflict
	case errors.Is(err, pay.ErrRefused):
		status = http.StatusBadRequest
	}
	http.Error(w, http.StatusText(status), status)
}
