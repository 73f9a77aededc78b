package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"os/signal"
	"syscall"
)

// Service is what the server offers: the method Service.Echo.
type Service struct{}

// Echo sends a request's content back.
func (Service) Echo(content []byte, reply *[]byte) error {
	*reply = content
	return nil
}

func serve(words []string) error {
	options := flag.NewFlagSet("serve", flag.ExitOnError)
	port := options.Uint("port", 0, "the port on 127.0.0.1, 0 for any")
	certificate := options.String("certificate", "", "the file of the certificate chain, PEM")
	privateKey := options.String("private-key", "", "the file of its key, PEM")
	parse(options, words)

	identity, err := tls.LoadX509KeyPair(*certificate, *privateKey)
	if err != nil {
		return fmt.Errorf("certificate and key cannot be used: %w", err)
	}
	// Go does not let the cipher suite of TLS 1.3 be chosen; it takes AES-128-GCM where the processor supports AES.
	listener, err := tls.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port), &tls.Config{
		Certificates:           []tls.Certificate{identity},
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
	})
	if err != nil {
		return err
	}
	server := rpc.NewServer()
	if err := server.Register(Service{}); err != nil {
		return err
	}
	closeOnTermination(listener)
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)

	for {
		connection, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("a connection cannot be accepted: %w", err)
		}
		go server.ServeConn(connection)
	}
}

func closeOnTermination(listener net.Listener) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		listener.Close()
	}()
}
