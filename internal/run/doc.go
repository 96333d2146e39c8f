// Package run is the protocol by which work that outlives its request is done: replies (internal/chat) and jobs
// (internal/job). It promises that work ends exactly once, that what a reader was shown of it is kept, and that no
// call that is paid for is made twice, whatever happens to a process, the queue, the bus or a connection.
//
// # Terms
//
// The row is a reply's message or a job. A run is one process's work on a row: a random id, oid.Run, in the row's
// run_id. At most one run may write a row, since each write has the condition
//
//	WHERE id = … AND run_id = mine AND the row has not ended
//
// A write that matches no row changes nothing and returns [ErrLost]: the run was lost to another, and stops without a
// further write. No lock is held between two writes.
//
// A lease is the moment until which a run is taken to be alive, by the database's clock; the clocks of two processes need
// not agree. It is 10 s long and renewed each second. An expired lease takes nothing from its run by itself: a run
// that was frozen past its lease goes on if nothing has touched the row meanwhile.
//
// # States
//
//		            claim                  mark                       end
//		PENDING ─────────────▶ CLAIMED ─────────────▶ STREAMING ─────────────▶ ENDED
//		run, no lease          run and lease          shown or paid for        no lease, final
//		   ▲   │                  │    │                  │    ▲  │
//		   │   │ stop: ends here  │    │                  │    │  │ park, claim: a video between two polls
//		   │   └──────────────────┼────┼──────────────────┼────┼──┼───────────▶ ENDED (stopped)
//		   │                      │    │                  │    └──┘
//		   └── requeue, new run ◀─┘    └── stop ──────────┴── stop, take-over, sweep ─▶ ENDED (with what was shown)
//
//	  - claim: the run that the queue's entry names takes the lease, if no other has it. A second delivery of the entry
//	    finds the lease taken, or another run's id, and does nothing ([Runs.Do]).
//	  - mark: before its first piece of text is shown, or a paid call is made, the row says so. Only a row that is not
//	    marked may be requeued from the beginning: a second run would write another text under the reader's eyes, or
//	    pay again. A reply's mark is its status STREAMING, a job's is call_started_at ([Record.Mark]).
//	  - renew: stores the text shown so far, renews the lease and reads the stop flag, in one statement ([Saver],
//	    [Record.Renew]). It proves the run: what it does from now on is wait for its provider.
//	  - end: the status, the text, the usage, the feed's event and all that follows from the end, in one transaction.
//	  - requeue: a new run id and a new entry of the queue, in one transaction. The old run is lost with it.
//
// # Who ends a row
//
// The run itself, as a rule. It ends early when its provider fails, when a stop is requested, and when its process
// stops: then a row that is not marked is requeued for another process. A database that is out of reach is tried again
// for as long as the lease may stand ([Persist]).
//
// A stop is a flag in the row and a message on the bus. The run hears the message at once, or reads the flag when it
// renews. A row that no run holds is ended by the request itself. A run that does not answer within 2 s is lost by
// a take-over: the request ends the row with the longer of live text and stored text ([Runs.Stop]). If the run ended
// first, its end stands: both are conditional on the same run, and the row is the receipt for either.
//
// The sweep looks for rows whose lease has expired, and for rows that were never claimed and have no entry in the
// queue any more. A process that starts takes back what the last one of its name left behind, without waiting for
// leases ([Runs.Sweep], [Runs.TakeBack]). Both decide alike ([Runs.recoverLost]):
//
//	a stop was requested          end as stopped
//	it can be resumed             requeue: the new run goes on where the lost one was
//	it is marked                  end as WORKER_LOST, with what was shown
//	too many runs were lost       end as WORKER_LOST
//	else                          requeue
//
// Each of these steps repeats the condition by which the row was found (the lease is expired still), so a renewal
// that comes in between wins, and any number of processes may sweep at once.
//
// A run that was lost before it was proved counts as unproven: it may be what ends its processes. After [MaxUnproven]
// in a row, or [MaxLost] in all, the work fails.
//
// # Who reads a row
//
// A [Subscription] sends every event of a chat or a job once and in order, and the text while it grows; the text comes
// before its end, and nothing of a run after it. It attaches to the feed, looks up what is under way, reads the feed up
// to a head that is newer than the look, and only then follows live texts. What a lost run still publishes goes to a
// topic of that run, which nobody follows any more.
//
// # What differs
//
// [Record] is the port: how a kind of row is claimed, marked, renewed, found, requeued and taken over. What replies and
// jobs do differently for a reason is in its methods:
//
//   - The mark before a paid call: a job that makes an image or orders a video calls [Worker.Mark] before the call, not
//     with the first piece. A call behind the mark is never repeated unasked.
//   - The parked video: between two polls no run works on it though its lease stands, so that the sweep finds a poll
//     that was lost. [Record.Held] leaves it out, [State.IsResumable] has it go on.
//   - Attempts are the job's: a job's failed attempt is requeued with a wait, as a run of its own; a reply repeats
//     calls within its run, since a person watches. A run that was lost before its call is no attempt of a job.
//   - The composer of a plan: its output is stored when it is whole and never shown as text, so such a job is marked by
//     nothing and composed again from the beginning.
package run
