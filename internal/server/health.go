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
}

// Part is something the process needs.
type Part struct {
	Name string
	// Kind says which adapter it is, such as "postgres" or "embedded".
	Kind string
	// Check returns an error when the part does not answer. Its text is logged nowhere and shown to nobody.
	Check func(context.Context) error
}

// State is what a health check answers.
type State struct {
	// Status is "ok" or "unhealthy".
	Status  string               `json:"status"`
	Time    time.Time            `json:"time"`
	Version string               `json:"version"`
	Parts   map[string]PartState `json:"parts"`
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
	statusUnhealthy = "unhealthy"
)

// State checks all parts.
func (h *Health) State(ctx context.Context) State {
	s := State{Status: statusOK, Time: time.Now().UTC(), Version: h.Version, Parts: map[string]PartState{}}
	for _, p := range h.Parts {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		began := time.Now()
		err := p.Check(ctx)
		cancel()
		part := PartState{Status: statusOK, Kind: p.Kind, TookMs: time.Since(began).Milliseconds()}
		if err != nil {
			part.Status, s.Status = statusUnhealthy, statusUnhealthy
		}
		s.Parts[p.Name] = part
	}
	return s
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

// original is the form of health the first WEAV had, at its path.
func (h *Health) original(w http.ResponseWriter, r *http.Request) {
	s := h.State(r.Context())
	services := make(map[string]string, len(s.Parts))
	for name, p := range s.Parts {
		services[name] = map[bool]string{true: "healthy", false: "unhealthy"}[p.Status == statusOK]
	}
	writeJSON(w, statusCode(s), map[string]any{
		"status":    map[bool]string{true: "healthy", false: "unhealthy"}[s.Status == statusOK],
		"timestamp": s.Time, "version": s.Version, "services": services,
	})
}

func statusCode(s State) int {
	if s.Status == statusOK {
		return http.StatusOK
	}
	return http.StatusServiceUnavailable
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The client has gone when this fails.
	_ = json.NewEncoder(w).Encode(v)
}
