package paytest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"

	"github.com/weav-ai/weav/internal/pay"
)

// routes are the endpoints of the API, with PortOne's names for errors.
func (p *PortOne) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /payments/{id}", p.serve(p.get))
	mux.HandleFunc("POST /payments/{id}/pre-register", p.serve(p.once(p.register)))
	mux.HandleFunc("POST /payments/{id}/cancel", p.serve(p.once(p.cancel)))
	mux.HandleFunc("/", p.serve(func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusBadRequest, "INVALID_REQUEST") }))
	return mux
}

// serve records a request and executes it, or fails as the test set.
func (p *PortOne) serve(do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		f := p.faultOf(r.PathValue("id"))
		answer := httptest.NewRecorder()
		switch {
		case r.Header.Get("Authorization") != "PortOne "+p.APISecret:
			refuse(answer, http.StatusUnauthorized, "UNAUTHORIZED")
		case f == Hangs:
			p.record(r, body, nil)
			p.fail(answer, r, f)
			return
		case !p.fail(answer, r, f):
			do(answer, r)
		}
		p.record(r, body, answer)
		if to := answer.Header().Get("Location"); to != "" {
			w.Header().Set("Location", to)
		}
		spoil(w, answer, f)
	}
}

// faultOf is the fault of a payment, or that of all payments.
func (p *PortOne) faultOf(id string) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f, ok := p.faults[id]; ok {
		return f
	}
	return p.faults[""]
}

// record stores a request with its answer and wakes waiting tests; a nil answer was never sent.
func (p *PortOne) record(r *http.Request, body []byte, answer *httptest.ResponseRecorder) {
	x := Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: body}
	if answer != nil {
		x.Status, x.Answer = answer.Code, answer.Body.Bytes()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, x)
	close(p.came)
	p.came = make(chan struct{})
}

// get answers how a payment stands. A payment of another shop is not found, as at PortOne.
func (p *PortOne) get(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if store := r.URL.Query().Get("storeId"); store != "" && store != StoreID {
		refuse(w, http.StatusForbidden, "FORBIDDEN")
		return
	}
	x, ok := p.payments[r.PathValue("id")]
	if !ok || x.StoreID != StoreID {
		refuse(w, http.StatusNotFound, "PAYMENT_NOT_FOUND")
		return
	}
	answer(w, http.StatusOK, x.json())
}

// quotedKey is the form of an idempotency key that PortOne accepts.
var quotedKey = regexp.MustCompile(`^"[\x20\x21\x23-\x5b\x5d-\x7e]{16,256}"$`)

// once executes a request once per key and repeats its answer. Requests without a key are executed each time.
func (p *PortOne) once(do func(w http.ResponseWriter, id string, body []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		key := r.Header.Get("Idempotency-Key")
		if err != nil || key != "" && !quotedKey.MatchString(key) {
			refuse(w, http.StatusBadRequest, "INVALID_REQUEST")
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if was, ok := p.answered[key]; ok && key != "" {
			if was.call != r.URL.Path+string(body) {
				refuse(w, http.StatusBadRequest, "INVALID_REQUEST")
				return
			}
			answer(w, was.status, was.body)
			return
		}
		first := httptest.NewRecorder()
		do(first, r.PathValue("id"), body)
		p.answered[key] = storedAnswer{r.URL.Path + string(body), first.Code, json.RawMessage(first.Body.Bytes())}
		answer(w, first.Code, json.RawMessage(first.Body.Bytes()))
	}
}

// register fixes the amount of an order. A repetition replaces it until the payment is made.
func (p *PortOne) register(w http.ResponseWriter, id string, body []byte) {
	var in struct {
		StoreID     string `json:"storeId"`
		TotalAmount int64  `json:"totalAmount"`
		Currency    string `json:"currency"`
	}
	x := p.payments[id]
	switch {
	case json.Unmarshal(body, &in) != nil:
		refuse(w, http.StatusBadRequest, "INVALID_REQUEST")
	case in.StoreID != "" && in.StoreID != StoreID:
		refuse(w, http.StatusForbidden, "FORBIDDEN")
	case x != nil && x.StoreID == StoreID && x.Paid > 0:
		refuse(w, http.StatusConflict, "ALREADY_PAID")
	default:
		p.orders[id] = pay.Order{ID: id, Currency: in.Currency, Amount: in.TotalAmount}
		answer(w, http.StatusOK, map[string]any{})
	}
}

// answer writes a JSON answer.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // The writer is a recorder.
}

// refuse writes an error in PortOne's form.
func refuse(w http.ResponseWriter, status int, kind string) {
	answer(w, status, map[string]any{"type": kind, "message": "as the test wants it"})
}
