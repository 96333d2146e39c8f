package localserver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"time"
)

const loopback = "127.0.0.1"

// FreePort returns a port that nobody listens on. It stays below the ports that the
// system gives to outgoing connections: while a server is down between Kill and Start, one
// of those could take its port, or a client that dials it could even connect to itself.
// It looks by dialing: a listener would linger in whatever process is forked meanwhile.
func FreePort() (int, error) {
	const lowest = 10000
	highest := ephemeralStart()
	for range 100 {
		port := lowest + rand.IntN(highest-lowest)
		if !answers(fmt.Sprintf("%s:%d", loopback, port)) {
			return port, nil
		}
	}
	return 0, errors.New("no free port")
}

func answers(addr string) bool {
	conn, err := net.DialTimeout("tcp4", addr, time.Second)
	return err == nil && conn.Close() == nil
}

// ephemeralStart is the first port of outgoing connections.
func ephemeralStart() int {
	const usual = 32768
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usual
	}
	var low, high int
	if _, err := fmt.Sscan(string(b), &low, &high); err != nil || low < 11000 {
		return usual
	}
	return low
}
