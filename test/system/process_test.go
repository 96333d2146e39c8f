package systemtest

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/app/apptest"
)

// process is a real process of the binary.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	// secrets are those it was given: what it says must hold none.
	secrets map[string]string
	url     string        // its GraphQL endpoint, for a server
	gone    chan struct{} // closed when it has ended

	mu    sync.Mutex
	lines []string
	news  chan struct{} // closed and replaced with each line
}

var (
	serving  = regexp.MustCompile(`GraphQL +(http://\S+/graphql)`)
	working  = regexp.MustCompile(`the worker takes jobs`)
	upToDate = regexp.MustCompile(`The database is up to date`)
)

// start runs the binary with settings and returns when what it says matches ready. The end of the test kills it.
func start(t *testing.T, settings map[string]string, ready *regexp.Regexp, args ...string) *process {
	t.Helper()
	cmd := exec.Command(binary(t), args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	for name, value := range settings {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, secrets: apptest.Secrets(settings), gone: make(chan struct{}), news: make(chan struct{})}
	said := make(chan []string, 1)
	go p.read(r, ready, said)
	go func() {
		_ = cmd.Wait() // How it ended is the test's to judge.
		_ = w.Close()
		close(p.gone)
	}()
	t.Cleanup(p.end)
	select {
	case match := <-said:
		p.url = match[len(match)-1]
	case <-p.gone:
		t.Fatalf("weav %s ended at its start:\n%s", strings.Join(args, " "), p.output())
	case <-time.After(patience):
		t.Fatalf("weav %s is not ready:\n%s", strings.Join(args, " "), p.output())
	}
	return p
}

// read keeps what the process says and passes on the first line that matches.
func (p *process) read(r io.Reader, ready *regexp.Regexp, said chan<- []string) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mu.Lock()
		p.lines = append(p.lines, lines.Text())
		close(p.news)
		p.news = make(chan struct{})
		p.mu.Unlock()
		if match := ready.FindStringSubmatch(lines.Text()); match != nil {
			select {
			case said <- match:
			default:
			}
		}
	}
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// until waits until the process has said something.
func (p *process) until(words string) {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		said := slices.ContainsFunc(p.lines, func(line string) bool { return strings.Contains(line, words) })
		news := p.news
		p.mu.Unlock()
		if said {
			return
		}
		select {
		case <-news:
		case <-deadline:
			p.t.Fatalf("the process never said %q", words)
		}
	}
}

// end kills the process. Whatever the test was about, it must not have printed a secret.
func (p *process) end() {
	p.kill()
	for _, leak := range apptest.Leaks(p.output(), p.secrets) {
		p.t.Errorf("weav %s told %s", strings.Join(p.cmd.Args[1:], " "), leak)
	}
	if p.t.Failed() {
		p.t.Logf("weav %s (process %d) said:\n%s", strings.Join(p.cmd.Args[1:], " "), p.cmd.Process.Pid, p.output())
	}
}

// signal sends sig; a process that has ended already is none of its business.
func (p *process) signal(sig syscall.Signal) { _ = p.cmd.Process.Signal(sig) }

// kill ends the process as a crash does.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.gone
}

// exit waits for the process to end by itself, and returns its code.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.gone:
	case <-time.After(patience):
		p.t.Fatalf("the process has not ended:\n%s", p.output())
	}
	return p.cmd.ProcessState.ExitCode()
}
