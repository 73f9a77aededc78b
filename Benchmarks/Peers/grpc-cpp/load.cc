#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "commands.h"
#include "echo.grpc.pb.h"
#include "histogram.h"

namespace {

using Clock = std::chrono::steady_clock;
using securechannel::benchmarks::Echo;
using securechannel::benchmarks::Message;

// For connecting, and for the last replies.
constexpr std::chrono::seconds patience{10};

// Ends the program at once: while calls are under way, nothing that gRPC has pointers to may be taken down.
[[noreturn]] void fail(const std::string &message) {
    std::fprintf(stderr, "grpc-cpp: %s\n", message.c_str());
    std::_Exit(1);
}

// What all calls of one run share.
struct Measurement {
    Message request;
    Clock::time_point begin, end;
    Histogram latencies;
    grpc::CompletionQueue queue;
};

// One place in flight: it calls again and again, and is the tag of its calls.
class Caller {
  public:
    Caller(Measurement &measurement, Echo::Stub &stub) : measurement_(measurement), stub_(stub) {}

    void begin() {
        begun_ = Clock::now();
        call();
    }

    // The call is done; false if that was the last one.
    bool proceed() {
        if (!status_.ok()) fail("a call failed: " + status_.error_message());
        if (reply_.content().size() != measurement_.request.content().size()) {
            fail("the reply has " + std::to_string(reply_.content().size()) + " bytes, and " +
                 std::to_string(measurement_.request.content().size()) + " were sent");
        }
        const auto now = Clock::now();
        if (now >= measurement_.begin && now < measurement_.end) {
            measurement_.latencies.record(std::chrono::nanoseconds(now - begun_).count());
        }
        if (now >= measurement_.end) return false;
        begun_ = now;
        call();
        return true;
    }

  private:
    void call() {
        context_.emplace();  // gRPC wants a new one for each call
        reader_ = stub_.AsyncCall(&*context_, measurement_.request, &measurement_.queue);
        reader_->Finish(&reply_, &status_, this);
    }

    Measurement &measurement_;
    Echo::Stub &stub_;
    std::optional<grpc::ClientContext> context_;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Message>> reader_;
    Message reply_;
    grpc::Status status_;
    Clock::time_point begun_;
};

std::vector<std::unique_ptr<Echo::Stub>> connect(const Options &options) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = read_file(options.text("trust-roots"));
    const auto credentials = grpc::SslCredentials(tls);
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");          // connected to by address, verified by name
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // else all channels share one connection
    arguments.SetMaxReceiveMessageSize(maximum_message);
    const std::string address = "ipv4:127.0.0.1:" + std::to_string(options.number("port", 1, 65535));

    std::vector<std::unique_ptr<Echo::Stub>> stubs;
    const std::size_t count = options.number("connections", 1, 1 << 17);
    while (stubs.size() < count) {
        const auto channel = grpc::CreateCustomChannel(address, credentials, arguments);
        if (!channel->WaitForConnected(std::chrono::system_clock::now() + patience)) {
            throw std::runtime_error("cannot connect to " + address + " with TLS (GRPC_VERBOSITY=info says why)");
        }
        stubs.push_back(Echo::NewStub(channel));
    }
    return stubs;
}

// Until every caller has stopped.
void run(Measurement &measurement, std::size_t calling) {
    while (calling) {
        void *tag;
        bool ok;
        const auto event = measurement.queue.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + patience);
        if (event != grpc::CompletionQueue::GOT_EVENT || Clock::now() > measurement.end + patience) {
            fail(std::to_string(calling) + " replies did not come within 10 seconds");
        }
        if (!static_cast<Caller *>(tag)->proceed()) calling--;
    }
}

void report(const Histogram &latencies, double seconds) {
    if (!latencies.count()) throw std::runtime_error("not one call was completed within the measured time");
    std::printf("{\"calls\": %" PRIu64 ", \"seconds\": %.6f, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}\n",
                latencies.count(), seconds, latencies.microseconds(0.5), latencies.microseconds(0.99),
                latencies.microseconds(0.999));
    std::fflush(stdout);
}

Clock::duration duration(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

void load(const Options &options) {
    const double seconds = options.seconds("seconds"), warm_up = options.seconds("warm-up", "0.3");
    const std::size_t in_flight = options.number("in-flight", 1, 1 << 20);
    Measurement measurement;
    std::string &content = *measurement.request.mutable_content();
    content.resize(options.number("size", 0, maximum_message - 64));
    for (std::size_t index = 0; index < content.size(); index++) content[index] = static_cast<char>(index);

    const auto stubs = connect(options);
    std::vector<std::unique_ptr<Caller>> callers;
    for (const auto &stub : stubs) {
        for (std::size_t index = 0; index < in_flight; index++) {
            callers.push_back(std::make_unique<Caller>(measurement, *stub));
        }
    }
    measurement.begin = Clock::now() + duration(warm_up);
    measurement.end = measurement.begin + duration(seconds);
    for (const auto &caller : callers) caller->begin();
    run(measurement, callers.size());
    measurement.queue.Shutdown();
    report(measurement.latencies, seconds);
}
