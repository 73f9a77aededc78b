#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

enum { STATUS_USAGE = 2 };

static const char usage[] =
    "usage: floor serve --port P --certificate F --private-key F [--trust-roots F]\n"
    "       floor load --port P --trust-roots F [--certificate F --private-key F]\n"
    "                  --size BYTES --in-flight N --connections N --seconds S [--warm-up S]\n"
    "       floor handshakes --port P --trust-roots F [--certificate F --private-key F] --seconds S [--warm-up S]\n"
    "       floor hold --port P --trust-roots F [--certificate F --private-key F] --connections N [--silent yes|no]\n"
    "       floor paced --port P --trust-roots F [--certificate F --private-key F] --calls-per-second N\n"
    "                   --connections N --handshakes-per-second N --seconds S [--warm-up S]\n";

static const struct {
    const char *name;
    unsigned option;
} names[] = {
    {"port", OPTION_PORT},
    {"certificate", OPTION_CERTIFICATE},
    {"private-key", OPTION_PRIVATE_KEY},
    {"trust-roots", OPTION_TRUST_ROOTS},
    {"size", OPTION_SIZE},
    {"in-flight", OPTION_IN_FLIGHT},
    {"connections", OPTION_CONNECTIONS},
    {"seconds", OPTION_SECONDS},
    {"warm-up", OPTION_WARM_UP},
    {"calls-per-second", OPTION_CALLS_PER_SECOND},
    {"handshakes-per-second", OPTION_HANDSHAKES_PER_SECOND},
    {"silent", OPTION_SILENT},
};

enum { NAME_COUNT = sizeof names / sizeof *names };

void refuse_usage(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("floor: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n%s", usage);
    exit(STATUS_USAGE);
}

static size_t parse_number(const char *word, const char *text, unsigned long least, unsigned long most) {
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || number < least || number > most) {
        refuse_usage("%s is a whole number from %lu to %lu, not '%s'", word, least, most, text);
    }
    return number;
}

static double parse_seconds(const char *word, const char *text, double least) {
    const double most = 3600;
    char *end;
    double seconds = strtod(text, &end);
    // Written so that what is not a number is refused, too.
    if (end == text || *end || !(seconds >= least && seconds <= most)) {
        refuse_usage("%s is from %g to %g seconds, not '%s'", word, least, most, text);
    }
    return seconds;
}

static bool parse_choice(const char *word, const char *text) {
    if (!strcmp(text, "yes")) return true;
    if (!strcmp(text, "no")) return false;
    refuse_usage("%s is yes or no, not '%s'", word, text);
}

static void set_option(struct options *options, unsigned option, const char *word, const char *value) {
    switch (option) {
        case OPTION_PORT: options->port = (uint16_t)parse_number(word, value, 0, UINT16_MAX); break;
        case OPTION_CERTIFICATE: options->certificate = value; break;
        case OPTION_PRIVATE_KEY: options->private_key = value; break;
        case OPTION_TRUST_ROOTS: options->trust_roots = value; break;
        case OPTION_SIZE: options->size = parse_number(word, value, 0, FRAME_CONTENT_LIMIT); break;
        case OPTION_IN_FLIGHT: options->in_flight = parse_number(word, value, 1, 1 << 20); break;
        case OPTION_CONNECTIONS: options->connections = parse_number(word, value, 1, 1 << 17); break;
        case OPTION_SECONDS: options->seconds = parse_seconds(word, value, 0.001); break;
        case OPTION_WARM_UP: options->warm_up = parse_seconds(word, value, 0); break;
        case OPTION_CALLS_PER_SECOND: options->calls_per_second = parse_number(word, value, 1, 1000000); break;
        case OPTION_HANDSHAKES_PER_SECOND: options->handshakes_per_second = parse_number(word, value, 0, 10000); break;
        case OPTION_SILENT: options->silent = parse_choice(word, value); break;
    }
}

// 0 if there is none of that name.
static unsigned find_option(const char *word) {
    if (strncmp(word, "--", 2)) return 0;
    for (size_t index = 0; index < NAME_COUNT; index++) {
        if (!strcmp(word + 2, names[index].name)) return names[index].option;
    }
    return 0;
}

static void require(unsigned required, unsigned given) {
    for (size_t index = 0; index < NAME_COUNT; index++) {
        if (required & ~given & names[index].option) refuse_usage("--%s is missing", names[index].name);
    }
}

struct options parse_options(char **words, unsigned required, unsigned optional) {
    struct options options = {.warm_up = 0.3};
    unsigned given = 0;
    for (; *words; words += 2) {
        const char *word = words[0], *value = words[1];
        unsigned option = find_option(word);
        if (!(option & (required | optional))) refuse_usage("'%s' is no option here", word);
        if (option & given) refuse_usage("%s is given twice", word);
        if (!value) refuse_usage("%s has no value", word);
        set_option(&options, option, word, value);
        given |= option;
    }
    if (given & OPTIONS_IDENTITY) required |= OPTIONS_IDENTITY;
    require(required, given);
    return options;
}
