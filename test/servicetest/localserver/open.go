package localserver

import (
	"context"
	"errors"
	"os"
	"strings"
)

// portTries is how many ports a new server tries: another process may take one
// between the choice and the start.
const portTries = 5

// open makes a directory for a new server, lets prepare fill it, and starts the server on a free port.
func open(p plan, prepare func(ctx context.Context, dir string) error) (*Server, error) {
	dir, err := acquireDir(p.name, p.owner)
	if err != nil {
		return nil, err
	}
	s, err := openIn(dir, p, prepare)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir), releaseHome())
	}
	return s, nil
}

func openIn(dir string, p plan, prepare func(ctx context.Context, dir string) error) (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := prepare(ctx, dir); err != nil {
		return nil, err
	}
	s := &Server{plan: p, dir: dir}
	for try := 1; ; try++ {
		port, err := FreePort()
		if err != nil {
			return nil, err
		}
		s.port = port
		err = s.launch(ctx)
		if err == nil {
			return s, nil
		}
		if try == portTries || !portTaken(err) {
			return nil, err
		}
	}
}

// noPreparation is for a server that makes its files itself.
func noPreparation(context.Context, string) error { return nil }

// portTaken knows the words of all three servers.
func portTaken(err error) bool {
	return strings.Contains(strings.ToLower(err.Error()), "already in use")
}
