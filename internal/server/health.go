package server

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// checkTimeout is how long one part may take to answer a health check.
const checkTimeout = 2 * time.Second

// Health tells how a process and its parts are.
type Health struct {
	Version string
	// Parts are checked one by one: database, redis, workers, storage.
	Parts []Part
	// Providers tells how the providers of models are; nil when the process asks none.
	Providers func() map[string]ProviderState
}

// Part is something the process needs.
type Part struct {
	Name string
	// Kind says which adapter it is, such as "postgres" or "embedded".
	Kind string
	// IsSpare says that the process does its work without the part, less well: it degrades the process and no more.
	IsSpare bool
	// Check returns an error when the part does not answer. Its text is logged nowhere and shown to nobody.
	Check func(context.Context) error
}

// State is what a health check answers.
type State struct {
	// Status is "ok", "degraded" when calls to a provider are held back or a part does not answer that can be
	// done without, or "unhealthy".
	Status    string                   `json:"status"`
	Time      time.Time                `json:"time"`
	Version   string                   `json:"version"`
	Parts     map[string]PartState     `json:"parts"`
	Providers map[string]ProviderState `json:"providers,omitempty"`
}

// ProviderState is how one provider of models is, as this process has seen it. Nobody is asked for it.
type ProviderState struct {
	// Status is "ok", or "degraded" while calls are held back. A health check sets it.
	Status string `json:"status"`
	// Kind says which adapter it is, such as "openai".
	Kind string `json:"kind"`
	// Breaker is closed, open or half_open; empty for a provider without one.
	Breaker string `json:"breaker,omitempty"`
	// Since is when the breaker last moved; zero when it never did.
	Since time.Time `json:"since,omitzero"`
	// LastFailure is the kind of the last failure that counted; empty without any.
	LastFailure string `json:"lastFailure,omitempty"`
}

// PartState is how one part is.
type PartState struct {
	Status string `json:"status"`
	Kind   string `json:"kind"`
	// TookMs is how long the part took to answer, in milliseconds.
	TookMs int64 `json:"tookMs"`
}

const (
	statusOK        = "ok"
	statusDegraded  = "degraded"
	statusUnhealthy = "unhealthy"

	breakerClosed = "closed"
)

// State checks all parts. A provider whose calls are held back degrades the process and no more: it still
// serves all that needs no model, and the other providers' models.
func (h *Health) State(ctx context.Context) State {
	s := State{Status: statusOK, Time: time.Now().UTC(), Version: h.Version, Parts: map[string]PartState{}, Providers: h.providers()}
	for _, p := range s.Providers {
		if p.Status != statusOK {
			s.Status = statusDegraded
		}
	}
	for _, p := range h.Parts {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		began := time.Now()
		err := p.Check(ctx)
		cancel()
		part := PartState{Status: statusOK, Kind: p.Kind, TookMs: time.Since(began).Milliseconds()}
		switch {
		case err == nil:
		case !p.IsSpare:
			part.Status, s.Status = statusUnhealthy, statusUnhealthy
		default:
			part.Status = statusDegraded
			if s.Status == statusOK {
				s.Status = statusDegraded
			}
		}
		s.Parts[p.Name] = part
	}
	return s
}

func (h *Health) providers() map[string]ProviderState {
	if h.Providers == nil {
		return nil
	}
	states := h.Providers()
	for name, p := range states {
		p.Status = statusOK
		if p.Breaker != "" && p.Breaker != breakerClosed {
			p.Status = statusDegraded
		}
		states[name] = p
	}
	return states
}

// alive says that the process runs, whatever its parts do.
func (h *Health) alive(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": statusOK, "version": h.Version})
}

// ready says whether the process can do its work.
func (h *Health) ready(w http.ResponseWriter, r *http.Request) {
	s := h.State(r.Context())
	writeJSON(w, statusCode(s), s)
}

// original is the form of health the first WEAV had, at its path. It knows no degrees: a server that
// serves is healthy.
func (h *Health) original(w http.ResponseWriter, r *http.Request) {
	s := h.State(r.Context())
	services := make(map[string]string, len(s.Parts))
	for name, p := range s.Parts {
		services[name] = map[bool]string{true: "healthy", false: "unhealthy"}[p.Status == statusOK]
	}
	writeJSON(w, statusCode(s), map[string]any{
		"status":    map[bool]string{true: "healthy", false: "unhealthy"}[s.Status != statusUnhealthy],
		"timestamp": s.Time, "version": s.Version, "services": services,
	})
}

func statusCode(s State) int {
	if s.Status == statusUnhealthy {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The client has gone when this fails.
	_ = json.NewEncoder(w).Encode(v)
}
