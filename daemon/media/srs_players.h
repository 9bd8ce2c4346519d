// Browsers that play from SRS, as sessions.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/web_sessions.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/media/http_stream_server.h"
#include "daemon/media/stream_table.h"

namespace rtcroom {

/// SRS in a worker's place: `WebSessions` says which players may be there, and `MediaPoller`
/// disconnects the others. SRS does not report all ends, such as that of an offer without a codec
/// in common, and none while this server is away, so it is asked which clients it has.
///
/// @threads safe from any thread.
class SrsPlayers : public WebWorkerLink {
 public:
  /// SRS may need this long from an answer until the client is in its list.
  static constexpr std::chrono::seconds kStart{10};
  static constexpr std::size_t kMaxPlayers = 100'000;

  /// All of it outlives this object, except that `http` may end after the last `Poll`.
  struct Deps {
    WebSessions& sessions;  ///< has this as its only worker
    OutgoingHttp& http;
    CommitSignal& removals;  ///< removals of the poller
    const Clock& clock;
  };
  SrsPlayers(StreamServerOptions options, const Deps& deps)
      : options_(std::move(options)), deps_(deps) {}

  /// Decides whether a client may play.
  /// @param offer  with the ID of the client as `sdp`.
  /// @param done   of `WebSessions::Open`; called soon.
  /// @threads may read the store.
  void Play(const WebSessionOffer& offer, WebSessions::Done done) EXCLUDES(mutex_);
  /// Ends the sessions of clients that SRS has no more. For one thread.
  /// @errors kUnavailable when SRS does not say which it has.
  Status Poll(std::chrono::milliseconds timeout) EXCLUDES(mutex_);
  /// The clients to disconnect, each time until that is done.
  [[nodiscard]] std::vector<StreamDrop> Sweep() const EXCLUDES(mutex_);
  void Dropped(std::string_view client) EXCLUDES(mutex_);

  void Open(const WebSession& session) override EXCLUDES(mutex_);
  void Close(std::string_view session, std::string_view reason) override EXCLUDES(mutex_);
  void Keep(const WebKeep& /*keep*/) override {}

 private:
  struct Player {
    std::string session{};  ///< empty until there is one
    std::string stream{};
    MonotonicTime since{};  ///< time of its acceptance, or of its end
    bool is_over = false;   ///< to be disconnected
  };

  /// @return why the client may not play.
  std::optional<WebOpenOutcome> Begin(const std::string& client) EXCLUDES(mutex_);
  /// Empty: the client has none.
  [[nodiscard]] std::string SessionOf(std::string_view client) const EXCLUDES(mutex_);

  const StreamServerOptions options_;
  const Deps deps_;
  mutable Mutex mutex_;
  std::map<std::string, Player, std::less<>> players_ GUARDED_BY(mutex_);       ///< by client
  std::map<std::string, std::string, std::less<>> clients_ GUARDED_BY(mutex_);  ///< by session
};

}  // namespace rtcroom
