// A WebSocket whose messages are requests.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/auth/admission.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/token_bucket.h"
#include "daemon/http/responder.h"
#include "daemon/http/two_way_stream.h"
#include "daemon/http/web_socket.h"

namespace rtcroom {

struct RequestSocketOptions {
  WebSocket::Frames frames = WebSocket::Frames::kText;
  RateLimit frame_rate{.per_second = 20, .burst = 40};
};

/// Reads requests and has them run one after the other; nothing is read from a client that has not
/// read what it was sent. Frames beyond their rate close it.
///
/// Owned by its connection until that ends, and by the tasks of its requests.
///
/// @threads safe from any thread. No function of a derived class is called under its lock.
class RequestSocket : public std::enable_shared_from_this<RequestSocket> {
 public:
  /// The code of a close for too many frames: one of an application's.
  static constexpr std::uint16_t kTooFast = 4008;

  virtual ~RequestSocket() = default;
  RequestSocket(const RequestSocket&) = delete;
  RequestSocket& operator=(const RequestSocket&) = delete;

  /// Answers the handshake. Call it once, on the thread of the connection.
  void Open(HttpReply head, Responder& responder) EXCLUDES(lock_);

 protected:
  /// @param costs  are charged for frames that are no requests. Both outlive this object.
  RequestSocket(const Clock& clock, Admission& costs, std::string peer_address,
                const RequestSocketOptions& options = {})
      : clock_(clock),
        costs_(costs),
        peer_address_(std::move(peer_address)),
        frame_rate_(options.frame_rate),
        socket_(WebSocket::kMaxMessageBytes, options.frames) {}

  [[nodiscard]] const std::string& peer_address() const { return peer_address_; }

  /// Whether it was opened and neither side has ended it.
  [[nodiscard]] bool IsOpen() const EXCLUDES(lock_);
  /// Bytes that the client has not taken; nullopt when it is not open.
  [[nodiscard]] std::optional<std::size_t> unsent() const EXCLUDES(lock_);
  /// Whether it is open, and its client has read enough to be sent more replies.
  [[nodiscard]] bool TakesMore() const EXCLUDES(lock_) {
    const std::optional<std::size_t> bytes = unsent();
    return bytes && *bytes <= kMaxUnsentBeforeMore;
  }
  [[nodiscard]] bool IsRunning() const EXCLUDES(lock_);  ///< a request
  /// When the client has last sent anything; 0 before it has.
  [[nodiscard]] MonotonicTime heard_at() const EXCLUDES(lock_);
  /// Whether one waits that could run now.
  [[nodiscard]] bool HasRequests() const EXCLUDES(lock_);

  void Send(std::string_view text) EXCLUDES(lock_);
  /// Writes frames that are encoded already.
  void Write(std::string_view frames) EXCLUDES(lock_);
  void Ping() EXCLUDES(lock_);
  /// Nothing is sent or read any more; the stream ends when what was sent has left.
  void Close(std::uint16_t code, std::string_view reason) EXCLUDES(lock_);
  void End() EXCLUDES(lock_);

  /// Runs the waiting requests as far as possible now.
  void RunRequests() noexcept EXCLUDES(lock_);
  /// A request that was going to be answered later is: goes on with the next.
  void FinishLater() noexcept EXCLUDES(lock_);
  /// These run before those that wait.
  void RunNext(std::vector<std::string> requests) EXCLUDES(lock_);

 private:
  /// Requests wait while more is unsent.
  static constexpr std::size_t kMaxUnsentBeforeMore = std::size_t{32} << 10;

  /// Answers a request. @return false when it is answered later: `FinishLater` follows.
  virtual bool Run(std::string_view text) = 0;
  /// The server drains: the last call before `OnEnd`.
  virtual void OnDrain() = 0;
  /// The client has read: what waited for that may go on.
  virtual void OnTaken() = 0;
  /// The connection has ended.
  virtual void OnEnd() = 0;

  TwoWayStream::Receipt OnBytes(std::string_view bytes) EXCLUDES(lock_);
  void RunAll() EXCLUDES(lock_);
  void FlushLocked() REQUIRES(lock_);
  void EndLocked() REQUIRES(lock_);

  const Clock& clock_;
  Admission& costs_;
  const std::string peer_address_;
  const RateLimit frame_rate_;

  mutable Mutex lock_;
  WebSocket socket_ GUARDED_BY(lock_);
  /// Null before the handshake, and once it is closed.
  std::shared_ptr<TwoWayStream> stream_ GUARDED_BY(lock_);  ///< shared with `Open`
  /// Bounded by one read, and by what `RunNext` adds.
  std::list<std::string> requests_ GUARDED_BY(lock_);
  /// Bytes of the text of the request that is being answered; nullopt: none is.
  std::optional<std::size_t> running_ GUARDED_BY(lock_);
  MonotonicTime heard_at_ GUARDED_BY(lock_){};
  bool is_paused_ GUARDED_BY(lock_) = false;  ///< nothing is read from the client
  TokenBucket rate_ GUARDED_BY(lock_);
};

}  // namespace rtcroom
