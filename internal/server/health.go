package server

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// checkTimeout is how long one part may take to answer a health check.
const checkTimeout = 2 * time.Second

// Health reports the state of a process and its parts.
type Health struct {
	Version string
	// Parts are checked one by one: database, redis, workers, storage.
	Parts []Part
	// Providers returns the state of the model providers; nil when the process calls none.
	Providers func() map[string]ProviderState
}

// Part is something the process depends on.
type Part struct {
	Name string
	// Kind is the adapter, such as "postgres" or "embedded".
	Kind string
	// IsOptional means that the process works without the part, with less function: its failure degrades the
	// process and no more.
	IsOptional bool
	// Check returns an error when the part does not answer. Its text is neither logged nor shown, since
	// health is public.
	Check func(context.Context) error
}

// State is what a health check answers.
type State struct {
	// Status is "ok", "degraded" when calls to a provider are held back or an optional part does not answer,
	// or "unhealthy".
	Status    string                   `json:"status"`
	Time      time.Time                `json:"time"`
	Version   string                   `json:"version"`
	Parts     map[string]PartState     `json:"parts"`
	Providers map[string]ProviderState `json:"providers,omitempty"`
}

// ProviderState is the state of one model provider as this process has seen it. A health check makes no
// request to a provider.
type ProviderState struct {
	// Status is "ok", or "degraded" while calls are held back. A health check sets it.
	Status string `json:"status"`
	// Kind is the adapter, such as "openai".
	Kind string `json:"kind"`
	// Breaker is closed, open or half_open; empty for a provider without one.
	Breaker string `json:"breaker,omitempty"`
	// Since is when the breaker last changed; zero when it never did.
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

// State checks all parts. A provider whose calls are held back only degrades the process, which still serves
// everything that needs no model, and the models of other providers.
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
		case !p.IsOptional:
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

// providers returns the providers' states with their status: degraded while calls are held back.
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

// alive reports that the process runs, whatever the state of its parts: an orchestrator restarts a process
// that is not alive, which does not help against a dead database.
func (h *Health) alive(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": statusOK, "version": h.Version})
}

// ready reports whether the process can do its work.
func (h *Health) ready(w http.ResponseWriter, r *http.Request) {
	s := h.State(r.Context())
	writeJSON(w, statusCode(s), s)
}

// legacy is the health format of the first WEAV, at its path. It has no degrees: a server that can serve is
// healthy.
func (h *Health) legacy(w http.ResponseWriter, r *http.Request) {
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
	// An error means that the client has left.
	_ = json.NewEncoder(w).Encode(v)
}
