// One client's connection: bytes in and out, plain or through TLS, never past a deadline.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/core/clock.h"
#include "daemon/edge/accept_queue.h"

struct ssl_st;
struct ssl_ctx_st;

namespace rtcroom {

/// @threads for one thread, except that `abort` may be set by any.
class Connection {
 public:
  enum class Outcome : std::uint8_t {
    kDone,
    kTimeout,
    kClosed,  ///< by the peer, by an error, or by `abort`
  };

  /// @param tls    null for plain HTTP.
  /// @param abort  once true, whatever waits ends within `kWaitSlice` with kClosed.
  Connection(AcceptedSocket accepted, ssl_ctx_st* tls, const Clock& clock,
             const std::atomic<bool>& abort);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Agrees on TLS; done at once without it.
  Outcome Handshake(MonotonicTime deadline);

  /// Waits until `Read` would find something: bytes or the end of the stream.
  Outcome WaitForBytes(std::chrono::milliseconds at_most);

  /// Appends what has come, at least one byte, to `into`.
  Outcome Read(std::string& into, MonotonicTime deadline);

  /// Writes all of it.
  Outcome Write(std::string_view bytes, MonotonicTime deadline);

  /// Tells the client that nothing more will come.
  void SayGoodbye();

  /// Takes in what the client still sends, until it has seen the goodbye. Closing over bytes
  /// that were not read makes the system throw away a reply the client has not read yet.
  void DiscardRest(MonotonicTime deadline);

  [[nodiscard]] const std::string& peer_address() const { return accepted_.peer_address; }

  /// The longest that a wait overlooks that it should end.
  static constexpr std::chrono::milliseconds kWaitSlice{50};

 private:
  struct TlsDeleter {
    void operator()(ssl_st* tls) const;
  };

  Outcome WaitFor(short events, MonotonicTime deadline);
  Outcome WaitForTls(int result, MonotonicTime deadline);
  Outcome ReadPlain(std::string& into, MonotonicTime deadline);
  Outcome ReadTls(std::string& into, MonotonicTime deadline);
  Outcome WritePlain(std::string_view bytes, MonotonicTime deadline);
  Outcome WriteTls(std::string_view bytes, MonotonicTime deadline);

  const AcceptedSocket accepted_;
  const bool is_secured_;  ///< also where `tls_` could not be made: nothing goes out plain then
  const std::unique_ptr<ssl_st, TlsDeleter> tls_;
  const Clock& clock_;
  const std::atomic<bool>& abort_;
};

}  // namespace rtcroom
