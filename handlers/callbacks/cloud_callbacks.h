// Serves the callbacks of the live service, of TRTC and of the IM service.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/tally.h"
#include "daemon/base/thread_pool.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/room_service.h"
#include "daemon/media/callback_streams.h"
#include "daemon/media/trtc_members.h"
#include "handlers/callbacks/callback_im.h"
#include "handlers/callbacks/callback_live.h"
#include "handlers/callbacks/callback_trtc.h"
#include "handlers/callbacks/ignored_callbacks.h"
#include "handlers/shared/protocol_handler.h"

namespace rtcroom {

/// The rules by which callbacks are genuine. A service without a key is answered 404.
struct CloudCallbackRules {
  LiveCallbackRules live{};
  TrtcCallbackRules trtc{};
  ImCallbackRules im{};
};

/// Dependencies of the handler, which they outlive.
struct CloudCallbackContext {
  CallbackStreams& streams;
  TrtcMembers& members;
  RoomService& rooms;
  const LeaseTable& leases;
  ThreadPool& workers;  ///< changes rooms; stopped before the store is closed
  Tally& counted;       ///< as of `IgnoredCallbacks`
  const Clock& clock;
  Logger& logger;
};

/// Reports of media are answered at once. A callback that changes a room is answered once that is
/// stored, so that the service repeats it when it could not be. Repetitions change nothing.
///
/// @threads safe from any thread.
/// @source docs/tencent-live.md, "Callbacks".
class CloudCallbacks : public ProtocolHandler {
 public:
  CloudCallbacks(CloudCallbackRules rules, const CloudCallbackContext& context);

  [[nodiscard]] bool Serves(const HttpRequest& request) const override {
    return ServiceOf(request.path).has_value();
  }

 private:
  enum class Service : std::uint8_t { kLive, kTrtc, kIm };
  /// A change of rooms. kRoomNotFound and kPusherNotFound: there was nothing to change.
  using Effect = std::function<Status()>;

  [[nodiscard]] static std::optional<Service> ServiceOf(std::string_view path);
  [[nodiscard]] static std::string_view NameOf(Service service);
  [[nodiscard]] static HttpReply Render(Service service, bool is_accepted);

  std::optional<HttpReply> Run(Call& call) override;
  [[nodiscard]] HttpReply Fail(const Error& error, Call& call) const override {
    return Fault(*ServiceOf(call.http.path), error.detail);
  }

  // Each returns nullopt when it answers later, through the responder.
  template <typename Callback>
  std::optional<HttpReply> Answer(Service service, const CallbackReading<Callback>& reading,
                                  Call& call);
  std::optional<HttpReply> Apply(const LiveCallback& callback, Responder& responder);
  std::optional<HttpReply> Apply(const TrtcCallback& callback, Responder& responder);
  std::optional<HttpReply> Apply(const ImCallback& callback, Responder& responder);
  /// Answers once `effect` has run on a worker.
  std::optional<HttpReply> Defer(Service service, Effect effect, Responder& responder);

  /// Counts the callback, and logs a failure.
  [[nodiscard]] HttpReply ReplyTo(Service service, const Status& outcome) const;
  [[nodiscard]] HttpReply Fault(Service service, std::string_view exception_type) const;

  // Effects.
  [[nodiscard]] Status EvictRemoved(const TrtcCallback& callback) const;
  [[nodiscard]] Status EndDismissed(const TrtcCallback& callback) const;
  [[nodiscard]] Status EndWithoutGroup(const ImCallback& callback) const;
  [[nodiscard]] Status DropViewers(const ImCallback& callback) const;

  const CloudCallbackRules rules_;
  const CloudCallbackContext context_;
  IgnoredCallbacks ignored_;
};

}  // namespace rtcroom
