// floor: the least that TLS request-reply costs on a machine, which every figure of the benchmarks is held against: one
// epoll loop and OpenSSL straight on the socket, with no library in between. It speaks the channel's wire, so that its
// clients load any server of ours, and its server answers any client of ours. Linux only.
//
// Build: ./build OUTPUT_DIRECTORY, or make OUTPUT=DIRECTORY
//
//   floor serve       answers every request with its own content
//   floor load        keeps a number of calls in flight on each of its connections
//   floor handshakes  connects, calls once and closes, one after the other
//   floor hold        opens connections and keeps them open, to look at a server's memory
//   floor paced       calls at fixed times, whatever the replies do, beside a steady stream of new connections
//
// From the bottom up: failure, clock · buffer, histogram, report · frame · sockets, tls · connection · poller, caller ·
// one file per sub-command.
#include <signal.h>
#include <string.h>

#include "commands.h"

enum { CLIENT = OPTION_PORT | OPTION_TRUST_ROOTS };

static const struct {
    const char *name;
    int (*run)(const struct options *options);
    unsigned required, optional;
} commands[] = {
    {"serve", serve, OPTION_PORT | OPTIONS_IDENTITY, OPTION_TRUST_ROOTS},
    {"load", load, CLIENT | OPTION_SIZE | OPTION_IN_FLIGHT | OPTION_CONNECTIONS | OPTION_SECONDS,
     OPTIONS_IDENTITY | OPTION_WARM_UP},
    {"handshakes", handshakes, CLIENT | OPTION_SECONDS, OPTIONS_IDENTITY | OPTION_WARM_UP},
    {"hold", hold, CLIENT | OPTION_CONNECTIONS, OPTIONS_IDENTITY | OPTION_SILENT},
    {"paced", paced,
     CLIENT | OPTION_CALLS_PER_SECOND | OPTION_CONNECTIONS | OPTION_HANDSHAKES_PER_SECOND | OPTION_SECONDS,
     OPTIONS_IDENTITY | OPTION_WARM_UP},
};

int main(int count, char **words) {
    signal(SIGPIPE, SIG_IGN);  // a connection that has ended is told by the write itself
    if (count < 2) refuse_usage("there is no sub-command");
    for (size_t index = 0; index < sizeof commands / sizeof *commands; index++) {
        if (strcmp(words[1], commands[index].name)) continue;
        struct options options = parse_options(words + 2, commands[index].required, commands[index].optional);
        return commands[index].run(&options);
    }
    refuse_usage("'%s' is no sub-command", words[1]);
}
