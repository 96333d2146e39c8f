package firebaseauth_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weav-ai/weav/internal/auth/firebaseauth"
	"github.com/weav-ai/weav/internal/errs"
)

// timed runs a test in which time passes only where it waits. Its verifier has fetched the keys, good for 6 hours.
func timed(t *testing.T, test func(t *testing.T, g *google, v *firebaseauth.Verifier)) {
	t.Helper()
	signers()
	synctest.Test(t, func(t *testing.T) {
		g := newGoogle()
		v := g.verifier(t, nil)
		signsIn(t, v, "first", 0, "")
		test(t, g, v)
	})
}

// signsIn fails unless a good token of a key has an outcome: a code, or empty for an identity. It may take no time.
func signsIn(t *testing.T, v *firebaseauth.Verifier, kid string, n int, want errs.Code) {
	t.Helper()
	begun := time.Now()
	_, err := v.Verify(t.Context(), proof(good(kid, n, nil)))
	code := errs.CodeOf(err)
	if _, ok := errs.InputOf(err); ok {
		code = errs.BadUserInput
	}
	if code != want {
		t.Errorf("a token of %s: %v, want code %q", kid, err, want)
	}
	if took := time.Since(begun); took > 0 {
		t.Errorf("a token of %s took %v", kid, took)
	}
}

func TestKeysAreFetchedAgainBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	timed(t, func(t *testing.T, g *google, v *firebaseauth.Verifier) {
		signsIn(t, v, "first", 0, "")
		if n := g.asked(); n != 1 {
			t.Errorf("%d fetches for two sign-ins", n)
		}
		time.Sleep(6*time.Hour - time.Minute)
		if n := g.asked(); n != 2 {
			t.Errorf("%d fetches a minute before the keys end", n)
		}
		g.now(func() { delete(g.keys, "first"); g.keys["second"] = signers()[1] })
		time.Sleep(6 * time.Hour)
		signsIn(t, v, "second", 1, "")
		signsIn(t, v, "first", 0, errs.BadUserInput)
	})
}

func TestANewKeyIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	timed(t, func(t *testing.T, g *google, v *firebaseauth.Verifier) {
		time.Sleep(time.Minute)
		g.now(func() { g.keys["second"] = signers()[1] })
		signsIn(t, v, "second", 1, "")
		before := g.asked()
		for range 20 {
			signsIn(t, v, "third", 2, errs.BadUserInput)
			time.Sleep(time.Second)
		}
		if n := g.asked(); n != before {
			t.Errorf("%d fetches for an unknown key within a minute of the last", n-before)
		}
		time.Sleep(time.Minute)
		for range 20 {
			signsIn(t, v, "third", 2, errs.BadUserInput)
		}
		if n := g.asked(); n != before+1 {
			t.Errorf("%d fetches for an unknown key a minute later", n-before)
		}
		for range 60 { // Each of these fetches for an unknown key sets the time of the next, in place of the last one's.
			time.Sleep(time.Minute)
			signsIn(t, v, "third", 2, errs.BadUserInput)
		}
		before = g.asked()
		time.Sleep(24*time.Hour + time.Minute)
		if n := g.asked() - before; n != 5 {
			t.Errorf("%d fetches on a quiet day, want one each 4 h 48 min", n)
		}
	})
}

func TestKeysServeForADayOfOutage(t *testing.T) {
	t.Parallel()
	timed(t, func(t *testing.T, g *google, v *firebaseauth.Verifier) {
		g.now(func() { g.down = true })
		time.Sleep(6*time.Hour + 23*time.Hour)
		signsIn(t, v, "first", 0, "")
		signsIn(t, v, "second", 1, errs.Unavailable) // It may be a new one: nobody can tell.
		if n := g.asked(); n < 23*60 || n > 25*60 {
			t.Errorf("%d attempts in a day", n)
		}
		time.Sleep(2 * time.Hour)
		signsIn(t, v, "first", 0, errs.Unavailable)
		g.now(func() { g.down = false })
		time.Sleep(time.Minute)
		signsIn(t, v, "first", 0, "")
	})
}

func TestAHungServerHoldsUpNobodyWhoseKeyIsKnown(t *testing.T) {
	t.Parallel()
	timed(t, func(t *testing.T, g *google, v *firebaseauth.Verifier) {
		time.Sleep(time.Minute)
		g.now(func() { g.hangs = true })
		var others sync.WaitGroup
		for range 8 {
			others.Go(func() {
				begun := time.Now()
				_, err := v.Verify(t.Context(), proof(good("second", 1, nil)))
				if took := time.Since(begun); errs.CodeOf(err) != errs.Unavailable || took != 5*time.Second {
					t.Errorf("a token of a key that is not known: %v after %v", err, took)
				}
			})
		}
		synctest.Wait()
		signsIn(t, v, "first", 0, "")
		others.Wait()
		signsIn(t, v, "first", 0, "")
	})
}

func TestTheFirstSignInWaitsForTheKeys(t *testing.T) {
	t.Parallel()
	signers()
	synctest.Test(t, func(t *testing.T) {
		g := newGoogle()
		g.hangs = true
		v := g.verifier(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if _, err := v.Verify(ctx, proof(good("first", 0, nil))); errs.CodeOf(err) != errs.Unavailable || time.Since(begun) != time.Second {
			t.Errorf("with a second of patience: %v after %v", err, time.Since(begun))
		}
		if _, err := v.Verify(t.Context(), proof(good("first", 0, nil))); errs.CodeOf(err) != errs.Unavailable || time.Since(begun) != 5*time.Second {
			t.Errorf("with a server that hangs: %v after %v", err, time.Since(begun))
		}
		g.now(func() { g.hangs = false })
		signsIn(t, v, "first", 0, "")
		if n := g.asked(); n != 2 {
			t.Errorf("%d fetches", n)
		}
	})
}

func TestAnAnswerWithoutKeysReplacesNone(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"none": `{}`, "no JSON": `<html>`, "no certificate": `{"first":"x"}`, "an error": `{"error":{"code":503}}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timed(t, func(t *testing.T, g *google, v *firebaseauth.Verifier) {
				g.now(func() { g.answer = []byte(answer) })
				time.Sleep(12 * time.Hour)
				if g.asked() < 2 {
					t.Error("nobody asked again")
				}
				signsIn(t, v, "first", 0, "")
			})
		})
	}
}

func TestKeysAreKeptAsLongAsTheirAnswerSays(t *testing.T) {
	t.Parallel()
	for control, next := range map[string]time.Duration{
		"public, max-age=3600": 48 * time.Minute, "max-age=0": 4 * time.Minute, "": 48 * time.Minute,
		"no-cache": 48 * time.Minute, "max-age=99999999": 24 * time.Hour * 4 / 5, "max-age=x": 48 * time.Minute,
	} {
		t.Run(control, func(t *testing.T) {
			t.Parallel()
			signers()
			synctest.Test(t, func(t *testing.T) {
				g := newGoogle()
				g.cacheControl = control
				v := g.verifier(t, nil)
				signsIn(t, v, "first", 0, "")
				time.Sleep(next - time.Second)
				before := g.asked()
				time.Sleep(2 * time.Second)
				if before != 1 || g.asked() != 2 {
					t.Errorf("%d fetches before %v, %d after", before, next, g.asked())
				}
			})
		})
	}
}

func TestCloseEndsAFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGoogle()
		g.hangs = true
		v := g.verifier(t, nil)
		ended := make(chan error, 1)
		go func() {
			_, err := v.Verify(t.Context(), proof(good("first", 0, nil)))
			ended <- err
		}()
		synctest.Wait()
		begun := time.Now()
		if err := v.Close(); err != nil || time.Since(begun) > 0 {
			t.Errorf("close: %v after %v", err, time.Since(begun))
		}
		if err := <-ended; errs.CodeOf(err) != errs.Unavailable {
			t.Errorf("a sign-in across the end: %v", err)
		}
	})
}
