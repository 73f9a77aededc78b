// Go's crypto/tls and encoding/json as a party of the tests.
//
//	tls_party serve|connect tls:HOST:PORT DIRECTORY [VERSION [CONNECTIONS]]
//
// Both sides show certificates, over one version of TLS alone, 1.3 by default, on one connection or several, one after the
// other; later ones may resume the session of an earlier one. On each it makes one request, "from Go", and answers every
// request with {"go": CONTENT}. Facts go to stdout, one JSON object a line.
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
	"strconv"
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
	versions := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}
	version, connections := versions["1.3"], 1
	if len(os.Args) > 4 {
		version = versions[os.Args[4]]
	}
	if len(os.Args) > 5 {
		connections, err = strconv.Atoi(os.Args[5])
		check(err)
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{certificate},
		RootCAs:      roots,
		ClientCAs:    roots,
		ClientAuth:   tls.RequireAndVerifyClientCert,
		MinVersion:   version,
		MaxVersion:   version,
		NextProtos:   []string{"from-go"},

		ClientSessionCache: tls.NewLRUClientSessionCache(1),
	}

	var listener net.Listener
	if role == "serve" {
		listener, err = net.Listen("tcp", address)
		check(err)
		report("listening", facts{"port": listener.Addr().(*net.TCPAddr).Port})
	}
	for ; connections > 0; connections-- {
		var connection *tls.Conn
		if role == "connect" {
			connection, err = tls.Dial("tcp", address, config)
			check(err)
		} else {
			plain, err := listener.Accept()
			check(err)
			connection = tls.Server(plain, config)
			check(connection.Handshake())
		}
		run(connection)
	}
}

// run does all that one connection is for, and ends it.
func run(connection *tls.Conn) {
	state := connection.ConnectionState()
	report("connected", facts{
		"version": map[uint16]string{tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"}[state.Version],
		"cipher":  tls.CipherSuiteName(state.CipherSuite),
		"alpn":    state.NegotiatedProtocol,
		"resumed": state.DidResume,
		"subject": state.PeerCertificates[0].Subject.CommonName,
	})
	send(connection, 0, 0, "from Go")
	for serveOne(connection) {
	}
	connection.Close()
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
