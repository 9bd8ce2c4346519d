// Streamed replies of a connection.
#include <memory>
#include <utility>

#include "daemon/http/connection.h"

namespace rtcroom {
namespace {

/// Bounds on the unsent data of a stream, in this process and in the system's send buffer.
constexpr std::size_t kMaxStreamBytes = std::size_t{1} << 20;
constexpr int kSendBufferBytes = 128 << 10;
/// A client has nothing to send during a stream; this many bytes are tolerated.
constexpr std::size_t kMaxUnexpectedBytes = std::size_t{64} << 10;

}  // namespace

/// The writer's end of a stream. Its tasks lock the connection only on the connection's own thread,
/// so the connection is also destroyed there.
class Connection::Stream : public StreamedReply {
 public:
  Stream(std::weak_ptr<Connection> connection, EventLoop& loop, std::shared_ptr<StreamQueue> queue)
      : connection_(std::move(connection)), loop_(loop), queue_(std::move(queue)) {}
  // Ends the process when the task cannot be allocated, as for a reply.
  // NOLINTNEXTLINE(bugprone-exception-escape): meant so
  ~Stream() override {
    if (!queue_->closed()) Notify(&Connection::EndStream);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool Write(std::string_view bytes) override {
    using Outcome = StreamQueue::PutOutcome;
    switch (queue_->Put(bytes)) {
      case Outcome::kQueued:
        return true;
      case Outcome::kFirst:
        Notify(&Connection::SendStream);
        return true;
      case Outcome::kTooMuch:
        Notify(&Connection::SendStream);
        return false;
      case Outcome::kClosed:
        return false;
    }
    return false;
  }

  [[nodiscard]] std::size_t unsent() const override { return queue_->held(); }

 private:
  void Notify(void (Connection::*what)()) {
    loop_.Post([connection = connection_, what] {
      const std::shared_ptr<Connection> self = connection.lock();
      if (self && self->state_ == State::kStreaming) self->Guarded(what);
    });
  }

  const std::weak_ptr<Connection> connection_;
  EventLoop& loop_;
  const std::shared_ptr<StreamQueue> queue_;  ///< shared with the connection
};

std::shared_ptr<StreamedReply> Connection::Open(std::uint32_t turn, HttpReply head,
                                                StreamedReply::OnEnd on_end) {
  auto queue = std::make_shared<StreamQueue>(kMaxStreamBytes);
  auto streaming = std::make_unique<Streaming>();
  streaming->queue = queue;
  streaming->on_end = std::move(on_end);
  auto stream = std::make_shared<Stream>(weak_from_this(), loop_, std::move(queue));
  loop_.Post([self = shared_from_this(), turn, head = std::move(head),
              streaming = std::move(streaming)]() mutable {
    if (!self->IsDispatched(turn)) {  // already answered, or the connection has closed
      streaming->queue->Close();
      return streaming->on_end();
    }
    self->stream_ = std::move(streaming);
    self->state_ = State::kStreaming;
    self->Guarded([&](Connection& connection) { connection.BeginStream(head); });
  });
  return stream;
}

void Connection::BeginStream(const HttpReply& head) {
  if (aborted_) return End();
  transport_.BoundSendBuffer(kSendBufferBytes);
  deadline_ = MonotonicTime::max();
  outbox_.Append({.bytes = EncodeStreamHead(head), .keep_alive = false});
  if (format_.without_body || context_.draining) return EndStream();
  WatchStreamsClient();
  SendStream();
}

void Connection::WatchStreamsClient() {
  socket_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                     [self = shared_from_this()](const auto& error) {
                       if (!error && self->state_ == State::kStreaming) {
                         self->Guarded(&Connection::ReadWhileStreaming);
                       }
                     });
}

void Connection::ReadWhileStreaming() {
  IoResult got = transport_.Read(loop_.scratch());
  for (; got.status == IoStatus::kDone; got = transport_.Read(loop_.scratch())) {
    stream_->unexpected_bytes += got.bytes;
    if (stream_->unexpected_bytes > kMaxUnexpectedBytes) return End();
  }
  if (got.status == IoStatus::kClosed) return End();  // the client has disconnected
  WatchStreamsClient();
  FlushStream();  // a TLS write may have waited for this read
}

void Connection::SendStream() {
  if (stream_->queue->overflown()) {
    Count(RefusalCause::kWriteTimeout);
    return End();
  }
  outbox_.AppendInterim(stream_->queue->Take());
  FlushStream();
}

void Connection::FlushStream() {
  const std::size_t unsent = outbox_.size();
  const IoStatus status = outbox_.Flush(transport_);
  if (status == IoStatus::kClosed) return End();
  stream_->queue->RecordUnsent(outbox_.size());
  if (!CountMemory()) return;
  if (status == IoStatus::kDone) {
    deadline_ = MonotonicTime::max();
    if (!stream_->is_ending) return;
    LeaveStream();
    return CloseGracefully();
  }
  // Any progress restarts the deadline: slow clients are served; one that reads nothing times out.
  if (outbox_.size() < unsent || deadline_ == MonotonicTime::max()) {
    deadline_ = Now() + context_.options.write_timeout;
  }
  if (status != IoStatus::kWantWrite || std::exchange(stream_->waits_to_write, true)) return;
  socket_.async_wait(boost::asio::posix::descriptor_base::wait_write,
                     [self = shared_from_this()](const auto& error) {
                       if (error || self->state_ != State::kStreaming) return;
                       self->stream_->waits_to_write = false;
                       self->Guarded(&Connection::FlushStream);
                     });
}

void Connection::EndStream() {
  stream_->is_ending = true;
  SendStream();
  // A drain does not wait for slow clients: they read the rest from the next server.
  if (context_.draining && state_ == State::kStreaming && stream_) End();
}

void Connection::LeaveStream() {
  const std::unique_ptr<Streaming> stream = std::exchange(stream_, nullptr);
  if (!stream) return;
  stream->queue->Close();
  stream->on_end();
}

}  // namespace rtcroom
