// Go's net/rpc over crypto/tls: request-reply as Go's standard library has it, with gob on the wire. Only one end can
// call. GOMAXPROCS, the number of threads that run Go code, is left to who starts it. Build: ./build OUTPUT_DIRECTORY
package main

import (
	"flag"
	"fmt"
	"os"
)

const usage = `usage: go-net-rpc serve --port P --certificate F --private-key F
       go-net-rpc load --port P --trust-roots F --size BYTES --in-flight N --connections N --seconds S [--warm-up S]
`

func main() {
	if len(os.Args) < 2 {
		refuseUsage("there is no sub-command")
	}
	var run func([]string) error
	switch os.Args[1] {
	case "serve":
		run = serve
	case "load":
		run = load
	default:
		refuseUsage("'%s' is no sub-command", os.Args[1])
	}
	if err := run(os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "go-net-rpc: %v\n", err)
		os.Exit(1)
	}
}

func refuseUsage(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "go-net-rpc: "+format+"\n"+usage, arguments...)
	os.Exit(2)
}

// parse reads a sub-command's options, all of which but the optional ones have to be there.
func parse(options *flag.FlagSet, words []string, optional ...string) {
	options.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	_ = options.Parse(words) // ExitOnError: leaves with status 2
	if options.NArg() > 0 {
		refuseUsage("'%s' is no option", options.Arg(0))
	}
	given := map[string]bool{}
	for _, name := range optional {
		given[name] = true
	}
	options.Visit(func(option *flag.Flag) { given[option.Name] = true })
	options.VisitAll(func(option *flag.Flag) {
		if !given[option.Name] {
			refuseUsage("--%s is missing", option.Name)
		}
	})
}
