// The sub-commands; each throws what goes wrong.
#pragma once

#include <cstddef>
#include <string>

#include "options.h"

// gRPC's default refuses messages over 4 MiB.
constexpr std::size_t maximum_message = 64 << 20;

void serve(const Options &options);
void load(const Options &options);

std::string read_file(const std::string &path);
