#include <grpc/grpc.h>
#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>
#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <memory>
#include <thread>

#include "commands.h"
#include "echo.grpc.pb.h"

namespace {

using securechannel::benchmarks::Echo;
using securechannel::benchmarks::Message;

// Calls that are ready to be taken before the first one comes; each that is taken makes the next.
constexpr int ready_calls = 64;

// One call, from waiting for it to having answered it. It owns itself: the completion queue has the only pointer to it.
class Call {
  public:
    static void await(Echo::AsyncService &service, grpc::ServerCompletionQueue &queue) {
        auto *call = new Call(service, queue);
        service.RequestCall(&call->context_, &call->request_, &call->responder_, &queue, &queue, call);
    }

    // What was waited for has happened, or, if not `ok`, never will.
    void proceed(bool ok) {
        if (!ok || answered_) {
            delete this;
            return;
        }
        await(service_, queue_);  // fails later, with `ok`, when the server shuts down
        answered_ = true;
        reply_.mutable_content()->swap(*request_.mutable_content());
        responder_.Finish(reply_, grpc::Status::OK, this);
    }

  private:
    Call(Echo::AsyncService &service, grpc::ServerCompletionQueue &queue)
        : service_(service), queue_(queue), responder_(&context_) {}

    Echo::AsyncService &service_;
    grpc::ServerCompletionQueue &queue_;
    grpc::ServerContext context_;
    Message request_, reply_;
    grpc::ServerAsyncResponseWriter<Message> responder_;
    bool answered_ = false;
};

std::shared_ptr<grpc::ServerCredentials> credentials(const Options &options) {
    grpc::SslServerCredentialsOptions tls;
    tls.pem_key_cert_pairs.push_back({read_file(options.text("private-key")), read_file(options.text("certificate"))});
    return grpc::SslServerCredentials(tls);
}

// Has SIGTERM wait for sigwait, in this thread and in all that it makes.
sigset_t hold_termination() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

}  // namespace

void serve(const Options &options) {
    const sigset_t signals = hold_termination();
    Echo::AsyncService service;
    grpc::ServerBuilder builder;
    int port = 0;
    const std::string address = "127.0.0.1:" + std::to_string(options.number("port", 0, 65535));
    builder.AddListeningPort(address, credentials(options), &port);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.SetMaxReceiveMessageSize(maximum_message);
    builder.RegisterService(&service);
    const std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (!server || !port)
        throw std::runtime_error("cannot listen on " + address + ", or with that certificate and key");

    for (int index = 0; index < ready_calls; index++) Call::await(service, *queue);
    std::printf("listening %d\n", port);
    std::fflush(stdout);

    grpc::Alarm stop;
    std::thread termination([&] {
        int signal;
        sigwait(&signals, &signal);
        server->Shutdown(std::chrono::system_clock::now());
        stop.Set(queue.get(), std::chrono::system_clock::now(), nullptr);
    });
    void *tag;
    bool ok;
    while (queue->Next(&tag, &ok)) {
        if (tag) {
            static_cast<Call *>(tag)->proceed(ok);
        } else {
            queue->Shutdown();  // here, since calls must not be awaited any more after it
        }
    }
    termination.join();
}
