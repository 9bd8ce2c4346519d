// The streams of a connection: replies without a known end, and what an upgrade has made of it.
#include <memory>
#include <utility>

#include "daemon/http/connection.h"

namespace rtcroom {
namespace {

/// Bound on the unsent data of a streamed reply in this process.
constexpr std::size_t kMaxStreamBytes = std::size_t{1} << 20;
/// A client has nothing to send during a streamed reply; this many bytes are tolerated.
constexpr std::size_t kMaxUnexpectedBytes = std::size_t{64} << 10;
/// Reads before the loop serves other connections.
constexpr int kStreamReadsInATurn = 4;

}  // namespace

/// The writer's end of a stream. Its tasks lock the connection only on the connection's own thread,
/// so the connection is also destroyed there.
class Connection::Stream : public TwoWayStream {
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

  void ReadOn(std::size_t held) override {
    Notify([held](Connection& connection) { connection.ReadStreamOn(held); });
  }

 private:
  template <typename Step>
  void Notify(Step what) {
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
  return OpenStream(turn, EncodeStreamHead(head),
                    {.on_end = std::move(on_end), .max_unsent = kMaxStreamBytes});
}

std::shared_ptr<TwoWayStream> Connection::Upgrade(std::uint32_t turn, HttpReply head,
                                                  TwoWayStream::Owner owner) {
  return OpenStream(turn, EncodeUpgradeHead(head), std::move(owner));
}

std::shared_ptr<Connection::Stream> Connection::OpenStream(std::uint32_t turn, std::string head,
                                                           TwoWayStream::Owner owner) {
  auto queue = std::make_shared<StreamQueue>(owner.max_unsent, owner.low_unsent);
  auto stream = std::make_shared<Stream>(weak_from_this(), loop_, queue);
  auto streaming = std::make_unique<Streaming>();
  streaming->queue = std::move(queue);
  streaming->handle = stream;
  streaming->owner = std::move(owner);
  loop_.Post([self = shared_from_this(), turn, head = std::move(head),
              streaming = std::move(streaming)]() mutable {
    if (!self->IsDispatched(turn)) {  // already answered, or the connection has closed
      streaming->queue->Close();
      return streaming->owner.on_end();
    }
    self->stream_ = std::move(streaming);
    self->state_ = State::kStreaming;
    self->Guarded([&](Connection& connection) { connection.BeginStream(std::move(head)); });
  });
  return stream;
}

void Connection::BeginStream(std::string head) {
  on_closed_ = nullptr;
  if (aborted_) return End();
  call_memory_ = 0;
  deadline_ = MonotonicTime::max();
  outbox_.Append({.bytes = std::move(head), .keep_alive = false});
  if (context_.draining) return DrainStream();
  if (format_.without_body) return EndStream();
  stream_->last_received = Now();
  // What follows the request of a streamed reply stays where it is, and is never answered.
  if (stream_->is_two_way()) (void)Deliver(framer_.TakeRest());
  ReadStream();
}

void Connection::ReadStreamLater() {
  loop_.Post([self = shared_from_this()] {
    if (self->state_ == State::kStreaming) self->Guarded(&Connection::ReadStream);
  });
}

void Connection::ReadStream() {
  for (int turn = 0; turn < kStreamReadsInATurn; ++turn) {
    if (!MayReadStream()) {
      stream_->is_reading = false;
      return SendStream();
    }
    const std::span<char> room = loop_.scratch();
    const IoResult got = transport_.Read(room);
    if (got.status == IoStatus::kClosed) {
      // The client may still read the answer to its last bytes.
      outbox_.AppendInterim(stream_->queue->Take());
      (void)outbox_.Flush(transport_);
      return EndWhenTaken();
    }
    const bool has_read = got.status == IoStatus::kDone;
    if (has_read && !Deliver({room.data(), got.bytes})) return End();
    // Bytes that arrive between this read and the wait end the wait at once.
    const bool is_drained = !has_read || (got.bytes < room.size() && !transport_.HasPending());
    if (is_drained && MayReadStream()) {
      WaitToRead();
      return SendStream();  // a TLS write may have waited for this read
    }
  }
  ReadStreamLater();
  SendStream();
}

bool Connection::MayReadStream() const {
  if (!stream_->is_two_way()) return true;
  return !stream_->is_paused && !stream_->is_ending &&
         stream_->queue->held() <= stream_->owner.max_unsent / 2;
}

// Returns false when the client has sent what no client sends.
bool Connection::Deliver(std::string_view bytes) {
  if (bytes.empty()) return true;
  stream_->last_received = Now();
  if (!stream_->is_two_way()) {
    stream_->unexpected_bytes += bytes.size();
    return stream_->unexpected_bytes <= kMaxUnexpectedBytes;
  }
  const std::shared_ptr<Stream> handle = stream_->handle.lock();
  if (!handle) return true;      // released: the stream is about to end
  stream_->queue->ExpectTake();  // every read ends with `SendStream`
  const TwoWayStream::Receipt receipt = stream_->owner.on_bytes(*handle, bytes);
  stream_->held_by_owner = receipt.held;
  stream_->is_paused = receipt.pause;
  return true;
}

void Connection::ReadStreamOn(std::size_t held) {
  stream_->is_paused = false;
  stream_->held_by_owner = held;
  FlushStream();
}

void Connection::ResumeReading() {
  if (stream_->is_reading || !MayReadStream()) return;
  stream_->is_reading = true;
  stream_->last_received = Now();  // nobody has listened to the client
  ReadStreamLater();
}

void Connection::SendStream() {
  if (stream_->queue->overflown()) {
    Count(RefusalCause::kWriteTimeout);
    return Cut();
  }
  outbox_.AppendInterim(stream_->queue->Take());
  FlushStream();
}

void Connection::FlushStream() {
  const std::size_t unsent = outbox_.size();
  const IoStatus status = outbox_.Flush(transport_);
  if (status == IoStatus::kClosed) return EndWhenTaken();
  const bool has_taken = stream_->queue->RecordUnsent(outbox_.size());
  if (!CountMemory()) return;
  if (status == IoStatus::kDone && stream_->is_ending) return FinishStream();
  if (has_taken && stream_->owner.on_taken) {
    const std::shared_ptr<Stream> handle = stream_->handle.lock();
    if (handle) stream_->owner.on_taken(*handle);
  }
  ResumeReading();
  if (status == IoStatus::kDone) {
    stream_->is_blocked = false;
    const bool may_idle = !stream_->is_reading || !stream_->is_two_way();
    deadline_ =
        may_idle ? MonotonicTime::max() : stream_->last_received + stream_->owner.idle_timeout;
    return;
  }
  // Any progress restarts the deadline: slow clients are served; one that reads nothing times out.
  if (outbox_.size() < unsent || !std::exchange(stream_->is_blocked, true)) {
    deadline_ = Now() + context_.options.write_timeout;
  }
  if (status == IoStatus::kWantWrite) WaitToWrite();
}

void Connection::DrainStream() {
  const std::shared_ptr<Stream> handle = stream_->handle.lock();
  if (handle && stream_->owner.on_drain) stream_->owner.on_drain(*handle);
  EndStream();
}

void Connection::EndStream() {
  stream_->is_ending = true;
  SendStream();
  // A drain does not wait for slow clients: they read the rest from the next server.
  if (context_.draining && state_ == State::kStreaming && stream_) End();
}

void Connection::FinishStream() {
  const bool is_two_way = stream_->is_two_way();
  LeaveStream();
  if (!is_two_way) return CloseGracefully();
  // Its client may be sending at any time, and a reset could discard the last bytes.
  transport_.CloseWriting();
  Linger();
}

void Connection::LeaveStream() {
  const std::unique_ptr<Streaming> stream = std::exchange(stream_, nullptr);
  if (!stream) return;
  stream->queue->Close();
  stream->owner.on_end();
}

}  // namespace rtcroom
