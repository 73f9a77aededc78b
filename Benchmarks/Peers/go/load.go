package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"time"
)

// patience is how long connecting may take, and how long the last replies may.
const patience = 10 * time.Second

// measurement is what all callers of one run share.
type measurement struct {
	content    []byte
	begin, end time.Time // of what counts
	latencies  histogram
}

func load(words []string) error {
	options := flag.NewFlagSet("load", flag.ExitOnError)
	port := options.Uint("port", 0, "the server's port on 127.0.0.1")
	trustRoots := options.String("trust-roots", "", "the file of the certificates to verify the server's with, PEM")
	size := options.Uint("size", 0, "bytes of content in each request")
	inFlight := options.Uint("in-flight", 1, "calls at once on each connection")
	connections := options.Uint("connections", 1, "how many")
	seconds := options.Float64("seconds", 0, "how long to measure")
	warmUp := options.Float64("warm-up", 0.3, "how long to run before")
	parse(options, words, "warm-up")

	configuration, err := clientConfiguration(*trustRoots)
	if err != nil {
		return err
	}
	clients := make([]*rpc.Client, *connections)
	for index := range clients {
		if clients[index], err = connect(*port, configuration); err != nil {
			return err
		}
		defer clients[index].Close()
	}

	run := &measurement{content: make([]byte, *size)}
	for index := range run.content {
		run.content[index] = byte(index)
	}
	run.begin = time.Now().Add(duration(*warmUp))
	run.end = run.begin.Add(duration(*seconds))
	if err := run.callAtOnce(clients, int(*inFlight)); err != nil {
		return err
	}
	return run.latencies.report(run.end.Sub(run.begin))
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

func clientConfiguration(trustRoots string) (*tls.Config, error) {
	pem, err := os.ReadFile(trustRoots)
	if err != nil {
		return nil, fmt.Errorf("the trust roots cannot be read: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the trust roots %s have no certificate", trustRoots)
	}
	return &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS13}, nil
}

func connect(port uint, configuration *tls.Config) (*rpc.Client, error) {
	dialer := &net.Dialer{Timeout: patience}
	connection, err := tls.DialWithDialer(dialer, "tcp", fmt.Sprintf("127.0.0.1:%d", port), configuration)
	if err != nil {
		return nil, fmt.Errorf("cannot connect: %w", err)
	}
	return rpc.NewClient(connection), nil
}

// callAtOnce keeps so many calls in flight on each client until the end, by a goroutine for each.
func (run *measurement) callAtOnce(clients []*rpc.Client, inFlight int) error {
	count := len(clients) * inFlight
	results := make(chan error, count)
	for _, client := range clients {
		for caller := 0; caller < inFlight; caller++ {
			go func(client *rpc.Client) { results <- run.call(client) }(client)
		}
	}
	late := time.After(time.Until(run.end) + patience)
	for ; count > 0; count-- {
		select {
		case err := <-results:
			if err != nil {
				return fmt.Errorf("a call failed: %w", err)
			}
		case <-late:
			return fmt.Errorf("%d replies did not come within %v", count, patience)
		}
	}
	return nil
}

// call calls again and again until the end.
func (run *measurement) call(client *rpc.Client) error {
	var reply []byte // used again: gob decodes into what is there
	for begun := time.Now(); begun.Before(run.end); {
		if err := client.Call("Service.Echo", run.content, &reply); err != nil {
			return err
		}
		if len(reply) != len(run.content) {
			return fmt.Errorf("the reply has %d bytes, and %d were sent", len(reply), len(run.content))
		}
		now := time.Now()
		if !now.Before(run.begin) && now.Before(run.end) {
			run.latencies.record(now.Sub(begun))
		}
		begun = now
	}
	return nil
}

// report prints the line of JSON that a measurement ends with.
func (latencies *histogram) report(passed time.Duration) error {
	calls := latencies.count()
	if calls == 0 {
		return errors.New("not one call was completed within the measured time")
	}
	_, err := fmt.Printf("{\"calls\": %d, \"seconds\": %.6f, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}\n",
		calls, passed.Seconds(), latencies.microseconds(0.5), latencies.microseconds(0.99), latencies.microseconds(0.999))
	return err
}
