// A connection to an outside service for successive calls.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/http_client/outgoing_call.h"
#include "daemon/http_client/outgoing_reply.h"
#include "daemon/http_client/outgoing_target.h"

namespace rtcroom {

/// Limit for connecting to one address, and separately for the handshake.
inline constexpr std::chrono::seconds kMaxConnectTime{2};

struct OutgoingRequest {
  OutgoingCall call{};
  OutgoingTarget target{};
  std::chrono::milliseconds timeout{};  ///< of each step: connect, handshake, read, write
};

/// Called while a call runs, on the same thread.
struct CallHooks {
  /// It is called for each socket, before it connects.
  std::function<void(int descriptor)> on_connecting{};
  /// It is called before each write of the request. False: nothing more is sent, which ends the
  /// call.
  std::function<bool()> may_send{};
};

/// cpp-httplib's client with TLS and a stream of ours between it and the connection: the library
/// accepts heads of any length, and a long status line can crash it.
///
/// @threads one thread at a time.
class OutgoingClient {
 public:
  /// Connects on its first call.
  static std::unique_ptr<OutgoingClient> Create(const OutgoingTarget& target);
  virtual ~OutgoingClient() = default;

  /// Makes one call to the origin of this client.
  /// @errors kUnavailable. Nothing was sent unless `may_send` was called.
  /// @throws any exception of the library.
  virtual Result<OutgoingReply> Ask(const OutgoingRequest& request, const CallHooks& hooks) = 0;

  /// Whether it is connected and the server has sent nothing after the last response: neither a
  /// close nor unsolicited bytes.
  [[nodiscard]] virtual bool IsQuiet() const = 0;

  /// The connection's descriptor; -1 when there is none.
  [[nodiscard]] virtual int descriptor() const = 0;
};

}  // namespace rtcroom
