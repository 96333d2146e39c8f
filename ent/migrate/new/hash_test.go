package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestHashesAreAddedAndNeverChanged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hashes.txt")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	released := func(name string) bool { return name == "sqlite/1_first.sql" }
	files := fstest.MapFS{"sqlite/1_first.sql": {Data: []byte("a")}, "sqlite/2_second.sql": {Data: []byte("b")}}
	if err := addHashes(files, path, released); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(path)
	if err != nil || strings.Count(string(written), "\n") != 2 {
		t.Fatalf("got %s (%v)", written, err)
	}
	files["sqlite/2_second.sql"] = &fstest.MapFile{Data: []byte("c")}
	if err := addHashes(files, path, released); err != nil {
		t.Errorf("a migration that is not released: %v", err)
	}
	files["sqlite/1_first.sql"] = &fstest.MapFile{Data: []byte("d")}
	if err := addHashes(files, path, released); err == nil || !strings.Contains(err.Error(), "1_first.sql is released") {
		t.Errorf("edited: got %v", err)
	}
	delete(files, "sqlite/1_first.sql")
	if err := addHashes(files, path, released); err == nil || !strings.Contains(err.Error(), "1_first.sql is released") {
		t.Errorf("removed: got %v", err)
	}
}
