// gRPC C++ with unary calls that carry bytes, over TLS: asynchronous, by one completion queue and one thread at each
// end. Its wire is HTTP/2 and Protocol Buffers, and calls go from the client only. Build: ./build OUTPUT_DIRECTORY
//
// gRPC lets no cipher suite of TLS 1.3 be chosen: with OpenSSL it is AES-256-GCM.
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>

#include "commands.h"

namespace {

constexpr char usage[] =
    "usage: grpc-cpp serve --port P --certificate F --private-key F\n"
    "       grpc-cpp load --port P --trust-roots F --size BYTES --in-flight N --connections N --seconds S [--warm-up "
    "S]\n";

void run(int count, char **words) {
    const std::string command = count > 1 ? words[1] : "";
    if (command == "serve") {
        serve(Options(count - 2, words + 2, {"port", "certificate", "private-key"}));
    } else if (command == "load") {
        load(Options(count - 2, words + 2,
                     {"port", "trust-roots", "size", "in-flight", "connections", "seconds", "warm-up"}));
    } else {
        throw UsageError("the first word is serve or load");
    }
}

}  // namespace

std::string read_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream contents;
    if (!file || !(contents << file.rdbuf())) throw std::runtime_error(path + " cannot be read");
    return contents.str();
}

int main(int count, char **words) {
    try {
        run(count, words);
        return 0;
    } catch (const UsageError &error) {
        std::fprintf(stderr, "grpc-cpp: %s\n%s", error.what(), usage);
        return 2;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "grpc-cpp: %s\n", error.what());
        return 1;
    }
}
