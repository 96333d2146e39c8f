package redislive

// topic is the state of one name. users is what is wanted; the other fields describe the current session.
type topic struct {
	users int
	// subscribed is true when SUBSCRIBE was the last command sent for the topic.
	subscribed bool
	// pending counts the SUBSCRIBE commands that are not confirmed yet. Confirmations arrive in the order of
	// the commands, so only the one that brings pending to zero belongs to the newest command.
	pending int
	// ready is closed while the server is known to send the topic's messages.
	ready   chan struct{}
	isReady bool // ready is closed
	// missed is true when an earlier session had confirmed the topic, or a subscriber did not wait for the
	// confirmation: lost is called with the next one.
	missed bool
}

// commands returns the names to subscribe to and to unsubscribe from, and records them as sent.
func (ts *topics) commands() (subscribe, unsubscribe []string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for _, name := range ts.changed {
		t, ok := ts.byName[name]
		if !ok {
			continue
		}
		switch {
		case t.users > 0 && !t.subscribed:
			t.subscribed = true
			t.pending++
			subscribe = append(subscribe, name)
		case t.users == 0 && t.subscribed:
			t.subscribed = false
			t.deactivate()
			unsubscribe = append(unsubscribe, name)
		}
		ts.drop(name, t)
	}
	ts.changed = nil
	return subscribe, unsubscribe
}

// confirm records a confirmed SUBSCRIBE. After a reconnection it notifies the topic's subscriptions of what
// they may have missed. They are called without the lock, which cancel needs.
func (ts *topics) confirm(name string) {
	if ts.confirmed(name) {
		ts.fanout.Subscribers(name).Lost()
	}
}

// confirmed records a confirmation and reports whether its subscriptions may have missed messages.
func (ts *topics) confirmed(name string) (missed bool) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t, ok := ts.byName[name]
	if !ok || t.pending == 0 {
		return false
	}
	t.pending--
	if t.pending == 0 && t.subscribed {
		t.isReady = true
		close(t.ready)
		missed, t.missed = t.missed, false
	}
	ts.drop(name, t)
	return missed
}

// reset records that the session has ended: everything that is wanted is requested from the next one.
func (ts *topics) reset() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for name, t := range ts.byName {
		t.missed = t.missed || t.isReady
		t.subscribed, t.pending = false, 0
		t.deactivate()
		ts.markChanged(name)
		ts.drop(name, t)
	}
}

// drop removes a topic that has no users and no pending confirmation. The caller holds ts.mu. A topic with a
// pending confirmation stays, or that confirmation would be counted for a later subscription of the same
// name.
func (ts *topics) drop(name string, t *topic) {
	if t.users == 0 && !t.subscribed && t.pending == 0 {
		delete(ts.byName, name)
	}
}

// deactivate makes later subscriptions wait for a new confirmation.
func (t *topic) deactivate() {
	if t.isReady {
		t.isReady = false
		t.ready = make(chan struct{})
	}
}
