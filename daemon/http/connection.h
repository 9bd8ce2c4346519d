// One client connection.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/base/clock.h"
#include "daemon/base/file_descriptor.h"
#include "daemon/base/ip_address.h"
#include "daemon/base/memory_reservation.h"
#include "daemon/base/token_bucket.h"
#include "daemon/http/connection_context.h"
#include "daemon/http/connection_limiter.h"
#include "daemon/http/event_loop.h"
#include "daemon/http/http_handler.h"
#include "daemon/http/request_framer.h"
#include "daemon/http/responder.h"
#include "daemon/http/response_writer.h"
#include "daemon/http/stream_queue.h"
#include "daemon/http/streamed_reply.h"
#include "daemon/http/transport.h"
#include "daemon/http/two_way_stream.h"

namespace rtcroom {

class Connection;

/// Keeps connections of one loop. @threads the thread of the loop.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  /// Called once, when the connection is closed.
  virtual void OnConnectionEnd(Connection& ended) = 0;
  /// More memory is held for all clients than may be, by a connection that holds little.
  virtual void OnMemoryLack() = 0;
};

/// Reads requests, has them answered one after the other, writes the replies, all under deadlines.
///
/// Owned jointly by the table of its listener, by its pending wait or task, and by the `Responder`
/// of its request. It runs on its loop. While a worker answers a request (`State::kDispatched`),
/// the worker owns transport and replies; the loop does not access them until the worker has posted
/// the connection back. So no part of it needs a lock.
///
/// @threads the thread of its loop; those of `ReplySink` are safe from any thread.
class Connection : public ReplySink, public std::enable_shared_from_this<Connection> {
 public:
  /// @param owner  outlives its connections that have not ended.
  Connection(ConnectionContext& context, EventLoop& loop, FileDescriptor socket,
             const IpAddress& peer, ConnectionLimiter::Slot slot, ConnectionOwner& owner);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// The memory that a connection begins with, in bytes.
  [[nodiscard]] static std::size_t FirstBytes(bool has_tls);

  /// @param tls  null for plain HTTP.
  void Begin(std::shared_ptr<ssl_ctx_st> tls);

  /// Closes the connection, or refuses its request, when the deadline has passed. Counts the memory
  /// again that the client takes without a step of this connection.
  void CheckDeadline(MonotonicTime now);

  /// Whether only the client can let it go on: it is idle, or slow to send a request or to take
  /// replies or a stream.
  [[nodiscard]] bool WaitsForClient() const;
  /// The time at which the last request was complete; before the first one, its own beginning.
  [[nodiscard]] MonotonicTime requested_at() const { return requested_at_; }
  /// The memory that is held for the client, in bytes; only while it waits for the client.
  [[nodiscard]] std::size_t held_memory() const { return memory_.bytes(); }

  /// Answers received requests, waits briefly for a first request or one in transit, then closes.
  void Drain();

  /// Closes at once, or as soon as a dispatched request is answered.
  void Abort();
  /// Closes a connection that waits for its client, and discards what the client has not taken.
  void Displace();

 private:
  enum class State : std::uint8_t {
    kProxyHeader,
    kHandshake,
    kReading,     ///< idle, or in the middle of a request
    kHeld,        ///< a paced request waits until it is due
    kDispatched,  ///< a request is being answered, or other connections run
    kWriting,     ///< the client has not taken all of its replies yet
    kStreaming,   ///< a streamed reply is being sent, or the connection was upgraded
    kLingering,   ///< closed, but the client is still sending, or has not taken everything
    kEnded,
  };
  /// A request on its way to its handler.
  struct Call {
    FramedRequest request{};
    Lane lane = Lane::kInline;  ///< never kRead
  };
  /// A call that runs later: when it is due, and when the replies to earlier requests are written.
  struct HeldCall {
    Call call{};
    MonotonicTime due{};
  };
  /// The progress of the handler and the reply of a dispatched request. The handler's return and
  /// the reply race: the later of the two has the reply written.
  enum class ReplyProgress : std::uint8_t {
    kHandling,  ///< the handler runs, and there is no reply
    kReplied,   ///< the reply is in `reply_`, for the thread of the handler or the loop
    kReturned,  ///< the handler has returned; the loop waits for the reply
  };
  class Stream;
  /// The state of a streamed reply, or of a stream in both directions.
  struct Streaming {
    std::shared_ptr<StreamQueue> queue{};  ///< shared with the writer of the stream
    std::weak_ptr<Stream> handle{};
    TwoWayStream::Owner owner{};       ///< without `on_bytes`: of a streamed reply
    std::size_t unexpected_bytes = 0;  ///< received from the client of a streamed reply
    std::size_t held_by_owner = 0;     ///< as its last `Receipt` or `ReadOn` says
    MonotonicTime last_received{};
    bool is_ending = false;   ///< close when everything is sent
    bool is_reading = true;   ///< a read is scheduled, or waits for the client
    bool is_paused = false;   ///< by its owner
    bool is_blocked = false;  ///< the client has not taken everything: the deadline is one to write

    [[nodiscard]] bool is_two_way() const { return owner.on_bytes != nullptr; }
  };

  /// Runs a step of this connection. An exception (most likely out of memory) closes only this
  /// connection.
  template <typename Step>
  void Guarded(Step step) {
    try {
      std::invoke(step, *this);
    } catch (const std::exception&) {
      Cut();
    }
  }
  void Resume();
  /// Tells whoever answers the request that its client has gone.
  void LookForEnd();
  void Wait(IoStatus for_what);
  /// Resumes when there are bytes to read, or their end.
  void WaitToRead();
  /// Resumes when the client has taken some.
  void WaitToWrite();
  void ReadProxy();
  void RefuseProxyHeader();
  void Secure();
  void ContinueHandshake();
  void BeginReading();
  void ReadRequests();
  void AppendReceived(std::string_view bytes);
  void YieldToLoop();
  void Serve(Call call);
  void Hold(Call call, MonotonicTime due);
  void RunHeld();
  void Run(Call&& call);
  void AnswerOnWorker(HttpRequest& request) noexcept;
  /// Calls the handler.
  /// @return nullopt when the reply is sent later.
  std::optional<EncodedResponse> Answer(HttpRequest& request);
  [[nodiscard]] EncodedResponse Encode(const ResponseFormat& format, const HttpReply& reply) const;
  void OnReplied(std::uint32_t turn) noexcept;
  /// @throws std::bad_optional_access when there is none.
  HttpReply TakeReply();
  void OnReplyReady(std::uint32_t turn, EncodedResponse reply);
  void Send(std::uint32_t turn, HttpReply reply) noexcept override;
  void Abandon(std::uint32_t turn) noexcept override;
  std::shared_ptr<StreamedReply> Open(std::uint32_t turn, HttpReply head,
                                      StreamedReply::OnEnd on_end) override;
  void OnClosed(std::uint32_t turn, std::function<void()> tell) override;
  void RunInSlices(std::uint32_t turn, std::function<bool()> slice) override;
  bool RunOnWorker(std::uint32_t turn, std::function<void()> task) override;
  std::shared_ptr<TwoWayStream> Upgrade(std::uint32_t turn, HttpReply head,
                                        TwoWayStream::Owner owner) override;
  std::shared_ptr<Stream> OpenStream(std::uint32_t turn, std::string head,
                                     TwoWayStream::Owner owner);
  void BeginStream(std::string head);
  void ReadStreamLater();
  void ReadStream();
  [[nodiscard]] bool MayReadStream() const;
  bool Deliver(std::string_view bytes);
  void ReadStreamOn(std::size_t held);
  void ResumeReading();
  void SendStream();
  void FlushStream();
  void DrainStream();
  void EndStream();
  void FinishStream();
  void LeaveStream();
  void Continue();
  void Refuse(int status, RefusalCause cause);
  bool Flush();
  bool CountMemory();
  bool TakeMemory(std::size_t bytes);
  [[nodiscard]] bool Reserve(std::size_t bytes);
  void MeasureMemory();
  /// Whether the client was sent much since the kernel was asked what it has not taken.
  [[nodiscard]] bool WasSentMuch() const { return transport_.unmeasured() > kSmallRequestBytes; }
  [[nodiscard]] std::size_t HeldMemory() const;
  void EndIfIdle();
  void CloseGracefully();
  void Linger();
  void Discard();
  void EndWhenTaken();
  void Cut();
  void Count(RefusalCause cause) { context_.counts.Count(cause); }
  void End();
  /// Whether the request with that turn is the one being answered.
  [[nodiscard]] bool IsDispatched(std::uint32_t turn) const {
    return state_ == State::kDispatched && turn == turn_;
  }
  [[nodiscard]] std::chrono::milliseconds IdleTimeout() const;
  [[nodiscard]] std::string ClientAddressOf(const FramedRequest& request) const;
  [[nodiscard]] MonotonicTime Now() const { return context_.clock.Monotonic(); }

  ConnectionContext& context_;
  EventLoop& loop_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> socket_;
  Transport transport_;
  IpAddress peer_;
  std::string peer_text_;
  bool peer_is_trusted_ = false;
  ConnectionLimiter::Slot slot_;
  ConnectionOwner& owner_;
  std::shared_ptr<ssl_ctx_st> tls_;  ///< until the handshake begins

  State state_ = State::kProxyHeader;
  bool waits_to_read_ = false;
  bool waits_to_write_ = false;
  MonotonicTime deadline_ = MonotonicTime::max();
  MonotonicTime requested_at_{};
  MonotonicTime lingers_until_{};  ///< where the client has not taken everything
  std::string proxy_header_;       ///< the bytes received so far
  RequestFramer framer_;
  TokenBucket pace_;
  std::unique_ptr<HeldCall> held_;
  std::unique_ptr<boost::asio::steady_timer> due_;
  ReplyOutbox outbox_;
  MemoryReservation memory_;           ///< of the memory held for clients
  std::size_t system_memory_ = 0;      ///< of it: the kernel's, when it is more than a little
  std::size_t call_memory_ = 0;        ///< likewise: of the request that a worker answers
  std::unique_ptr<Streaming> stream_;  ///< while `State::kStreaming`
  std::uint32_t turn_ = 0;             ///< counts requests: identifies the one a reply belongs to
  ResponseFormat format_{};            ///< of the request with that turn
  bool is_on_worker_ = false;          ///< likewise: where its handler runs
  std::atomic<ReplyProgress> progress_{ReplyProgress::kReturned};  ///< likewise
  std::optional<HttpReply> reply_{};     ///< likewise, between `Send` and its encoding
  std::atomic<bool> is_watched_{false};  ///< likewise: `OnClosed` was called
  std::function<void()> on_closed_{};    ///< likewise, until it is told
  bool answered_ = false;                ///< at least one request was received
  bool aborted_ = false;
};

}  // namespace rtcroom
