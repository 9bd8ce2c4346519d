#include "tests/bench/watch_clients.h"

#include <chrono>
#include <utility>

#include <grpcpp/create_channel.h>

namespace rtcroom {
namespace {

constexpr int kDefaultReadAhead = 65'535;

}  // namespace

struct WatchClients::Stream {
  grpc::ClientContext context{};
  std::unique_ptr<grpc::ClientAsyncReader<v1::WatchResponse>> reader{};
  v1::WatchResponse message{};
  grpc::Status status{};
  enum class Step { kStarting, kReading, kFinishing } step = Step::kStarting;
};

std::unique_ptr<v1::MembershipNotifier::Stub> NewWatchStub(const std::string& address,
                                                           int read_ahead) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, read_ahead);
  if (read_ahead != kDefaultReadAhead) arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  return v1::MembershipNotifier::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

WatchClients::WatchClients(const std::string& address, std::size_t subscribers,
                           std::size_t channels) {
  for (std::size_t i = 0; i < channels; ++i) {
    stubs_.push_back(NewWatchStub(address, kDefaultReadAhead));
  }
  thread_ = std::jthread([this] { Receive(); });
  for (std::size_t i = 0; i < subscribers; ++i) {
    Stream& stream = *streams_.emplace_back(std::make_unique<Stream>());
    stream.reader = stubs_[i % channels]->PrepareAsyncWatch(&stream.context, {}, &queue_);
    stream.reader->StartCall(&stream);
  }
}

WatchClients::~WatchClients() {
  for (const auto& stream : streams_) stream->context.TryCancel();
  while (ended_ < streams_.size()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  queue_.Shutdown();
}

Latencies WatchClients::TakeLatencies() {
  const MutexLock lock(mutex_);
  return std::exchange(latencies_, {});
}

void WatchClients::Receive() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) Handle(*static_cast<Stream*>(tag), ok);
}

void WatchClients::Handle(Stream& stream, bool ok) {
  if (stream.step == Stream::Step::kFinishing) {
    ++ended_;
    return;
  }
  if (!ok) {
    stream.step = Stream::Step::kFinishing;
    stream.reader->Finish(&stream.status, &stream);
    return;
  }
  if (stream.step == Stream::Step::kReading && stream.message.has_event()) {
    ++received_;
    const std::string& sent = stream.message.event().pusher_updated().pusher().user_name();
    const std::chrono::nanoseconds sent_at(sent.empty() ? 0 : std::stoll(sent));
    const auto took = std::chrono::steady_clock::now().time_since_epoch() - sent_at;
    const MutexLock lock(mutex_);
    if (!sent.empty()) latencies_.Add(took);
  }
  stream.step = Stream::Step::kReading;
  stream.reader->Read(&stream.message, &stream);
}

}  // namespace rtcroom
