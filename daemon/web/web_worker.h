// The process that has the media of browsers.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rtcroom/v1/web.pb.h>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/web/media_pipeline.h"
#include "daemon/web/sdp_answer.h"
#include "daemon/web/session_watch.h"
#include "daemon/web/web_peer.h"
#include "daemon/web/web_stream.h"

namespace rtcroom {

struct WebWorkerOptions {
  std::size_t max_sessions = 64;
  StreamSettings streams = {};
  PeerNetwork network = {};
  AnswerRules answers = {};
};

/// Serves the orders of the room server. Sessions go on while it is away.
///
/// @threads for the main loop's thread; what it is given outlives it.
class WebWorker {
 public:
  using Report = std::function<void(v1::WebReport report)>;

  WebWorker(WebWorkerOptions options, const Clock& clock, Logger& logger, Report report);
  ~WebWorker();
  WebWorker(const WebWorker&) = delete;
  WebWorker& operator=(const WebWorker&) = delete;

  /// The first report of a call.
  [[nodiscard]] v1::WebReport Hello() const;
  void Obey(const v1::WebOrder& order);
  /// What time brings. Call it a few times a second.
  void Step();

  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }

 private:
  using StreamKey = std::pair<std::string, std::string>;  ///< application and name
  struct Session {
    WebWay way;
    StreamPlace place;
    WebOffer offer;
    SessionWatch watch;
    std::shared_ptr<WebPeer> peer = {};  ///< shared with callbacks of the media library
    bool is_answered = false;
    std::uint64_t reported_bytes = 0;

    [[nodiscard]] StreamKey key() const { return {place.app, place.stream}; }
  };
  using Sessions = std::map<std::string, Session>;

  void Open(const v1::WebOpen& order);
  void Begin(const v1::WebOpen& order, WebOffer offer);
  void Keep(const v1::WebKeep& order);
  void Answer(const std::string& id, const std::string& answer);
  void Connect(const std::string& id);
  void Refuse(const std::string& id, v1::WebRefused::Code code, std::string_view text);
  /// Ends a session by itself, and reports it.
  void Fail(const std::string& id, SessionFault fault);
  void End(const std::string& id, std::string_view reason);
  WebStream& StreamAt(const StreamPlace& place);
  PeerEvents EventsOf(const std::string& id, const StreamKey& key);
  [[nodiscard]] std::vector<std::string> PublishersOf(const StreamKey& key) const;
  /// Ends the sessions that publish a stream and of which `ends` is true.
  void TakeOver(const StreamKey& key, const std::function<bool(const Session&)>& ends);
  std::optional<SessionFault> FaultOf(Session& session, MonotonicTime now);
  void StepSessions(MonotonicTime now);
  void StepStreams(MonotonicTime now);
  v1::WebSessionStats StatsOf(const std::string& id, const Session& session);
  void TellConnected(const std::string& id, const Session& session);
  void ReportStats(MonotonicTime now);

  WebWorkerOptions options_;
  const Clock& clock_;
  Logger& logger_;
  const Report report_;
  const MediaClock media_clock_;
  std::map<StreamKey, std::unique_ptr<WebStream>> streams_;
  Sessions sessions_;
  std::set<StreamKey> kept_;
  MonotonicTime stats_at_{};
};

}  // namespace rtcroom
