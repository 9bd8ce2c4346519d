// One connection to an outside service, for one call after the other.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/http_client/outgoing_reply.h"
#include "daemon/http_client/outgoing_target.h"

namespace rtcroom {

/// To connect to one address, and again for the handshake.
inline constexpr std::chrono::seconds kMaxConnectTime{2};

/// What becomes of the connection behind an answer.
enum class AfterAnswer : std::uint8_t { kClose, kKeepOpen };

struct OutgoingRequest {
  std::string method{};
  OutgoingTarget target{};
  Secret bearer{};             ///< empty: the request shows none
  std::string content_type{};  ///< empty: the request has no body
  std::string body{};
  std::chrono::milliseconds timeout{};  ///< of each step: connect, handshake, read, write
  AfterAnswer after = AfterAnswer::kClose;
};

/// Whom a client tells of a call while it makes it, on the same thread.
class CallObserver {
 public:
  virtual ~CallObserver() = default;

  /// Each socket, before it connects.
  virtual void OnConnecting(int descriptor) = 0;

  /// Before each write of the request.
  /// @return  false when nothing more may go out, which ends the call.
  virtual bool MaySend() = 0;
};

/// cpp-httplib's client, with a stream of our own between it and the connection: the library
/// takes heads without end, and can be crashed by a long first line.
///
/// @threads for one at a time.
class OutgoingClient {
 public:
  /// Connected by its first call.
  static std::unique_ptr<OutgoingClient> Create(const OutgoingTarget& target);
  virtual ~OutgoingClient() = default;

  /// Makes one call, to the origin that this client was created for.
  /// @errors kUnavailable. Whether anything was sent by then is for the observer to know.
  /// @throws whatever the library throws.
  virtual Result<OutgoingReply> Ask(const OutgoingRequest& request, CallObserver& observer) = 0;

  /// Whether it is connected and its server has said nothing behind the last answer: neither
  /// goodbye nor what nobody has asked for.
  [[nodiscard]] virtual bool IsQuiet() const = 0;

  /// Of the connection; -1 when there is none.
  [[nodiscard]] virtual int descriptor() const = 0;
};

}  // namespace rtcroom
