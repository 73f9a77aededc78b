// The sub-commands. Each returns the program's exit status, or ends the program with a message.
#ifndef FLOOR_COMMANDS_H
#define FLOOR_COMMANDS_H

#include "options.h"

int serve(const struct options *options);
int load(const struct options *options);
int handshakes(const struct options *options);
int hold(const struct options *options);
int paced(const struct options *options);

#endif
