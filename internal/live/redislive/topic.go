package redislive

// topic is one name's state. users is what is wanted; the rest is about the present session.
type topic struct {
	users int
	// asked says that SUBSCRIBE was the last command for the topic.
	asked bool
	// awaited counts the SUBSCRIBE commands that are not confirmed yet. Confirmations come in
	// the order of the commands: only when none is awaited does the newest one count.
	awaited int
	// heard is closed while the server is known to send the topic's messages.
	heard   chan struct{}
	hearing bool // heard is closed
	// missed says that an earlier session heard the topic.
	missed bool
}

// commands returns the names to subscribe to and to leave, and takes them as told to the server.
func (ts *topics) commands() (subscribe, unsubscribe []string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for _, name := range ts.changed {
		t, ok := ts.byName[name]
		if !ok {
			continue
		}
		switch {
		case t.users > 0 && !t.asked:
			t.asked = true
			t.awaited++
			subscribe = append(subscribe, name)
		case t.users == 0 && t.asked:
			t.asked = false
			t.unhear()
			unsubscribe = append(unsubscribe, name)
		}
		ts.drop(name, t)
	}
	ts.changed = nil
	return subscribe, unsubscribe
}

// confirm notes a confirmed SUBSCRIBE. After a reconnection it tells the topic's
// subscriptions what they may have missed.
func (ts *topics) confirm(name string) {
	if ts.confirmed(name) {
		ts.fanout.Audience(name).Lost()
	}
}

func (ts *topics) confirmed(name string) (missed bool) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t, ok := ts.byName[name]
	if !ok || t.awaited == 0 {
		return false
	}
	t.awaited--
	if t.awaited == 0 && t.asked {
		t.hearing = true
		close(t.heard)
		missed, t.missed = t.missed, false
	}
	ts.drop(name, t)
	return missed
}

// deafen notes that the session is over: everything wanted is to be asked of the next one.
func (ts *topics) deafen() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for name, t := range ts.byName {
		t.missed = t.missed || t.hearing
		t.asked, t.awaited = false, 0
		t.unhear()
		ts.touch(name)
		ts.drop(name, t)
	}
}

// drop forgets a topic that nobody wants and no confirmation is due for. The caller holds ts.mu.
func (ts *topics) drop(name string, t *topic) {
	if t.users == 0 && !t.asked && t.awaited == 0 {
		delete(ts.byName, name)
	}
}

// unhear makes later subscriptions wait for a new confirmation.
func (t *topic) unhear() {
	if t.hearing {
		t.hearing = false
		t.heard = make(chan struct{})
	}
}
