// Serves the callbacks of media servers.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/logger.h"
#include "daemon/base/tally.h"
#include "daemon/media/media_poller.h"
#include "daemon/media/srs_players.h"
#include "daemon/media/stream_monitor.h"
#include "handlers/callbacks/callback_stream.h"
#include "handlers/callbacks/ignored_callbacks.h"
#include "handlers/shared/protocol_handler.h"

namespace rtcroom {

/// Dependencies of the router, which they outlive.
struct CallbackContext {
  StreamMonitor& monitor;
  MediaPoller& poller;
  SrsPlayers* players = nullptr;  ///< null: only the signature of a stream permits to play
  Tally& counted;                 ///< as of `IgnoredCallbacks`
  const Clock& clock;
  Logger& logger;
  /// Receives the path of each complete file, as it was reported, and the stream of its client,
  /// empty when that is not known. Returns at once. Empty: recordings are not indexed.
  std::function<void(std::string file, std::string stream)> recorded = {};
};

/// Answers from memory, and before any limit of callers: all callbacks come from a few addresses,
/// and a refusal ends a call. Only a client that takes over its own stream waits until the other
/// connection is closed, and a browser that plays from SRS may wait for the store, on a worker.
///
/// @threads safe from any thread.
/// @source protocol E.3, E.4.
class CallbackRouter : public ProtocolHandler {
 public:
  CallbackRouter(StreamCallbackRules rules, const CallbackContext& context);

  [[nodiscard]] bool Serves(const HttpRequest& request) const override {
    return DialectOf(request.path) != nullptr;
  }

 private:
  /// The differences between media servers.
  struct Dialect {
    std::string_view path{};
    CallbackReading<StreamCallback> (*read)(const HttpRequest&, const StreamCallbackRules&);
    CallbackReply (*refuse)(Error why);
    /// Whether it keeps publishers that are refused until it is told to disconnect them.
    bool keeps_refused = false;
  };

  [[nodiscard]] static const Dialect* DialectOf(std::string_view path);
  std::optional<HttpReply> Run(Call& call) override;
  [[nodiscard]] HttpReply Fail(const Error& error, Call& call) const override;

  // Each returns nullopt when it answers later, through the responder.
  std::optional<HttpReply> Decide(const StreamCallback& callback, const Dialect& dialect,
                                  Responder& responder);
  std::optional<HttpReply> Publish(const StreamCallback& callback, const Dialect& dialect,
                                   Responder& responder);
  std::optional<HttpReply> Play(const StreamCallback& callback, const Dialect& dialect,
                                Responder& responder);
  /// @param drops  clients to disconnect before the answer.
  std::optional<HttpReply> After(std::vector<StreamDrop> drops, HttpReply reply,
                                 Responder& responder);

  [[nodiscard]] Status CheckPlay(std::string_view stream, const StreamArguments& arguments) const;
  /// Counts the callback, and logs a refusal.
  [[nodiscard]] HttpReply ReplyTo(const StreamCallback& callback, const Dialect& dialect,
                                  const Status& outcome) const;

  const StreamCallbackRules rules_;
  const CallbackContext context_;
  IgnoredCallbacks ignored_;
};

}  // namespace rtcroom
