package server

import "net/http"

// mountPlayground mounts the page for exploring the API, or an answer that it is switched off. The root
// redirects to the app when that is hosted elsewhere, else to this page.
func (o Options) mountPlayground(mux *http.ServeMux) {
	if o.App != "" {
		mux.Handle("GET /{$}", http.RedirectHandler(o.App, http.StatusFound))
	} else {
		mux.Handle("GET /{$}", http.RedirectHandler("/playground/", http.StatusFound))
	}
	if o.Playground == nil {
		for _, path := range []string{"GET /playground/", "GET /playground"} {
			mux.HandleFunc(path, switchedOff)
		}
		return
	}
	mux.Handle("GET /playground/", http.StripPrefix("/playground", o.Playground))
	mux.Handle("GET /playground", http.RedirectHandler("/playground/", http.StatusMovedPermanently))
}

func switchedOff(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, http.StatusNotFound, "The playground is switched off on this server (PLAYGROUND=false). The API answers at /graphql.")
}
