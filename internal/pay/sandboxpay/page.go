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

// page needs nothing from elsewhere and runs no script.
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

// maxForm bounds what the page takes, in bytes.
const maxForm = 4096

// errUnfit says that an outcome cannot happen any more.
var errUnfit = errors.New("sandboxpay: this cannot happen to the payment as it is")

// Handler serves the page of a payment at /{id}, below Config.PageURL: GET shows it, POST says what happened, as a form
// of the page or as JSON {"outcome": "paid"}, and sends a notice of it. JSON is answered by 204. Saying the same again
// changes nothing, but for "partial", and sends another notice: 503 says that the notice was not taken. 409 is an
// outcome that cannot happen any more.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{id}", g.show)
	mux.HandleFunc("POST /{id}", g.happen)
	return mux
}

func (g *Gateway) show(w http.ResponseWriter, r *http.Request) {
	p, err := g.Payment(r.Context(), pay.Ref{ID: r.PathValue("id")})
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "same-origin")
	// A reader who has gone needs no error.
	_ = page.Execute(w, map[string]any{"Payment": p, "Token": g.token(p.ID), "Outcomes": possible(*p)})
}

func (g *Gateway) happen(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	outcome, isForm, err := g.said(w, r, id)
	if err != nil {
		fail(w, err)
		return
	}
	err = g.change(r.Context(), id, func(k *kept) error {
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
		// Relative to the page, wherever it is served: http.Redirect would make it a path of this handler's.
		w.Header().Set("Location", url.PathEscape(id))
		w.WriteHeader(http.StatusSeeOther)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// said reads what happened. A form needs the page's token, since another site's page can send one; JSON it cannot
// send without asking this server first.
func (g *Gateway) said(w http.ResponseWriter, r *http.Request, id string) (o Outcome, isForm bool, err error) {
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

// token makes a form this page's.
func (g *Gateway) token(id string) string {
	mac := hmac.New(sha256.New, g.cfg.Secret)
	mac.Write([]byte("form " + id))
	return hex.EncodeToString(mac.Sum(nil))
}

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
