// A WebSocket whose messages are requests, and which gets pushes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/auth/admission.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/thread_pool.h"
#include "daemon/base/token_bucket.h"
#include "daemon/channel/push_receivers.h"
#include "daemon/core/node_lease.h"
#include "daemon/http/responder.h"
#include "daemon/http/two_way_stream.h"
#include "daemon/http/web_socket.h"
#include "handlers/shared/request_recorder.h"

namespace rtcroom {

/// Dependencies of sockets of any kind, which they outlive.
struct RequestSocketDeps {
  PushReceivers& receivers;
  Admission& costs;     ///< as in `ChannelContext`
  ThreadPool& workers;  ///< for requests that read or write the store, and for reads of what waits
  RequestRecorder& recorder;
  const Clock& clock;
  const NodeLease* node = nullptr;  ///< as in `PipelineDeps`
};

struct RequestSocketOptions {
  WebSocket::Frames frames = WebSocket::Frames::kText;
  RateLimit frame_rate{.per_second = 20, .burst = 40};
  std::uint16_t too_slow = close_code::kTryLater;  ///< where a client does not read its pushes
};

/// Reads requests and has them run one after the other; nothing is read from a client that has not
/// read what it was sent. Frames beyond their rate close it.
///
/// Owned by its connection until that ends, by the tasks of its requests, and by `PushReceivers`.
///
/// @threads safe from any thread. No function of a derived class is called under its lock.
class RequestSocket : public PushReceiver, public std::enable_shared_from_this<RequestSocket> {
 public:
  /// The code of a close for too many frames: one of an application's.
  static constexpr std::uint16_t kTooFast = 4008;

  RequestSocket(const RequestSocket&) = delete;
  RequestSocket& operator=(const RequestSocket&) = delete;

  /// Answers the handshake; from now on it gets time. Call it once, on the thread of the
  /// connection.
  void Open(HttpReply head, Responder& responder) EXCLUDES(lock_);

  MonotonicTime OnTick(MonotonicTime now) final EXCLUDES(lock_);
  void OnEventsLost() final EXCLUDES(lock_);

  /// Writes an encoded frame of pushes, or closes where the client reads too slowly for them.
  /// @param made_at  as of `PushReceivers::CountPush`.
  void WritePush(std::string_view frame, std::optional<TimePoint> made_at) EXCLUDES(lock_);
  /// Whether it is open, and its client has read enough to be sent more replies, or what waits in
  /// the store.
  [[nodiscard]] bool TakesMore() const EXCLUDES(lock_) {
    const std::optional<std::size_t> bytes = unsent();
    return bytes && *bytes <= kMaxUnsentBeforeMore;
  }
  [[nodiscard]] WebSocket::Frames frames() const { return options_.frames; }
  /// The frame of a text, for `WritePush`.
  [[nodiscard]] std::string Encode(std::string_view text) const {
    const bool is_binary = frames() == WebSocket::Frames::kBinary;
    return is_binary ? WebSocket::EncodeBinary(text) : WebSocket::EncodeText(text);
  }
  /// Goes on with what waited until the client had read: on a worker, since it reads the store. If
  /// none is free, the next tick tries again.
  void GoOn() EXCLUDES(lock_);

 protected:
  static constexpr std::chrono::seconds kPingPeriod{25};

  RequestSocket(const RequestSocketDeps& deps, std::string peer_address,
                const RequestSocketOptions& options)
      : deps_(deps),
        peer_address_(std::move(peer_address)),
        options_(options),
        socket_(WebSocket::kMaxMessageBytes, options.frames),
        next_ping_(deps.clock.Monotonic() + kPingPeriod) {}

  [[nodiscard]] const std::string& peer_address() const { return peer_address_; }

  /// Whether it was opened and neither side has ended it.
  [[nodiscard]] bool IsOpen() const EXCLUDES(lock_);
  [[nodiscard]] bool IsRunning() const EXCLUDES(lock_);  ///< a request
  void Send(std::string_view text) EXCLUDES(lock_);
  /// Pings the client if it is time, once in `kPingPeriod`.
  /// @param only_silent  one that has sent something since then shows that it is there.
  /// @return whether it did.
  bool PingIfDue(MonotonicTime now, bool only_silent) EXCLUDES(lock_);
  [[nodiscard]] MonotonicTime next_ping() const EXCLUDES(lock_) {
    const MutexLock lock(lock_);
    return next_ping_;
  }
  /// Nothing is sent or read any more; the stream ends when what was sent has left.
  void Close(std::uint16_t code, std::string_view reason) EXCLUDES(lock_);
  void End() EXCLUDES(lock_);

  /// A request that was going to be answered later is: goes on with the next.
  void FinishLater() noexcept EXCLUDES(lock_);
  /// These run before those that wait.
  void RunNext(std::vector<std::string> requests) EXCLUDES(lock_);
  /// Has it run on a worker; false when none is free.
  [[nodiscard]] bool TrySubmit(std::function<void()> task) {
    return deps_.workers.TrySubmit(ThreadPool::Urgency::kNormal, std::move(task));
  }
  /// Logs and counts a request that is answered.
  void Record(const RequestLabel& label, MonotonicTime begun);

 private:
  /// Requests wait while more is unsent.
  static constexpr std::size_t kMaxUnsentBeforeMore = std::size_t{32} << 10;

  /// Answers a request. @return false when it is answered later: `FinishLater` follows.
  virtual bool Run(std::string_view text) = 0;
  /// The client is to connect again, to this server or another one: it is closed.
  virtual void OnDrain() = 0;
  /// The connection has ended.
  virtual void OnEnd() = 0;
  /// `OnTick` while it is open.
  virtual MonotonicTime OnTime(MonotonicTime now) = 0;
  /// Whether some pushes wait in the store.
  [[nodiscard]] virtual bool HasMissed() const = 0;
  /// Pushes them, as far as the client takes them.
  virtual void ReadMissed() noexcept = 0;

  TwoWayStream::Receipt OnBytes(std::string_view bytes) EXCLUDES(lock_);
  /// Call it after the connection: nothing is pushed to it any more, and it gets no time.
  void Leave() EXCLUDES(lock_);
  /// Bytes that the client has not taken; nullopt when it is not open.
  [[nodiscard]] std::optional<std::size_t> unsent() const EXCLUDES(lock_);
  /// Runs the waiting requests as far as possible now.
  void RunRequests() noexcept EXCLUDES(lock_);
  void RunAll() EXCLUDES(lock_);
  void FlushLocked() REQUIRES(lock_);
  void EndLocked() REQUIRES(lock_);

  const RequestSocketDeps& deps_;
  const std::string peer_address_;
  const RequestSocketOptions options_;

  mutable Mutex lock_;
  WebSocket socket_ GUARDED_BY(lock_);
  /// Null before the handshake, and once it is closed.
  std::shared_ptr<TwoWayStream> stream_ GUARDED_BY(lock_);  ///< shared with `Open`
  /// Bounded by one read, and by what `RunNext` adds.
  std::list<std::string> requests_ GUARDED_BY(lock_);
  /// Bytes of the text of the request that is being answered; nullopt: none is.
  std::optional<std::size_t> running_ GUARDED_BY(lock_);
  MonotonicTime heard_at_ GUARDED_BY(lock_){};  ///< 0: nothing has come
  MonotonicTime next_ping_ GUARDED_BY(lock_);
  bool is_paused_ GUARDED_BY(lock_) = false;  ///< nothing is read from the client
  TokenBucket rate_ GUARDED_BY(lock_);
};

}  // namespace rtcroom
