package app

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/weav-ai/weav/internal/ai/sandboxai"
)

// journal writes the calls that the sandbox accepts to a file, one JSON object a line, so that a test can
// count them over several processes. Nil writes nothing.
type journal struct {
	mu   sync.Mutex
	file *os.File
}

func openJournal(path string) (*journal, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the sandbox's journal cannot be opened: %w", err)
	}
	return &journal{file: f}, nil
}

func (j *journal) write(e sandboxai.JournalEntry) {
	if j == nil {
		return
	}
	line, err := json.Marshal(e)
	if err != nil {
		panic(err) // Its fields are texts.
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	// One write of one line: processes that append to the same file do not mix theirs.
	_, _ = j.file.Write(append(line, '\n')) // A journal that lacks a line fails the test that counts.
}

// Close closes the file.
func (j *journal) Close() error {
	if j == nil {
		return nil
	}
	return j.file.Close()
}
