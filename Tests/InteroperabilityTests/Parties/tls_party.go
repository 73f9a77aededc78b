// Go's crypto/tls and encoding/json as a party of the tests.
//
//	tls_party serve|connect tls:HOST:PORT DIRECTORY
//
// Both sides show certificates, over TLS 1.3 alone. It makes one request, "from Go", and answers every request with
// {"go": CONTENT}. Facts go to stdout, one JSON object a line.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
)

type facts map[string]interface{}

func report(event string, more facts) {
	more["event"] = event
	line, _ := json.Marshal(more)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		report("failed", facts{"reason": err.Error()})
		os.Exit(1)
	}
}

func main() {
	role, address, directory := os.Args[1], strings.TrimPrefix(os.Args[2], "tls:"), os.Args[3]
	name := map[string]string{"serve": "server", "connect": "client"}[role]
	certificate, err := tls.LoadX509KeyPair(directory+"/"+name+".pem", directory+"/"+name+".key")
	check(err)
	authority, err := os.ReadFile(directory + "/ca.pem")
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	config := &tls.Config{
		Certificates: []tls.Certificate{certificate},
		RootCAs:      roots,
		ClientCAs:    roots,
		ClientAuth:   tls.RequireAndVerifyClientCert,
		MinVersion:   tls.VersionTLS13,
		NextProtos:   []string{"from-go"},
	}

	var connection *tls.Conn
	if role == "connect" {
		connection, err = tls.Dial("tcp", address, config)
		check(err)
	} else {
		listener, err := net.Listen("tcp", address)
		check(err)
		report("listening", facts{"port": listener.Addr().(*net.TCPAddr).Port})
		plain, err := listener.Accept()
		check(err)
		connection = tls.Server(plain, config)
		check(connection.Handshake())
	}
	state := connection.ConnectionState()
	report("connected", facts{
		"version": map[uint16]string{tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"}[state.Version],
		"cipher":  tls.CipherSuiteName(state.CipherSuite),
		"alpn":    state.NegotiatedProtocol,
		"subject": state.PeerCertificates[0].Subject.CommonName,
	})
	send(connection, 0, 0, "from Go")
	for serveOne(connection) {
	}
}

// serveOne answers a request or reports a reply; false at the end.
func serveOne(connection *tls.Conn) bool {
	var length uint32
	if err := binary.Read(connection, binary.BigEndian, &length); err != nil {
		// Go says io.EOF only after a close_notify.
		report("ended", facts{"clean": err == io.EOF})
		return false
	}
	payload := make([]byte, length)
	_, err := io.ReadFull(connection, payload)
	check(err)
	var message [3]json.RawMessage
	check(json.Unmarshal(payload, &message))
	if string(message[0]) == "0" {
		send(connection, 1, message[1], map[string]json.RawMessage{"go": message[2]})
	} else {
		report("reply", facts{"kind": message[0], "id": message[1], "content": message[2]})
	}
	return true
}

func send(connection *tls.Conn, kind int, identifier, content interface{}) {
	payload, err := json.Marshal([]interface{}{kind, identifier, content})
	check(err)
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	_, err = connection.Write(append(frame, payload...))
	check(err)
}
