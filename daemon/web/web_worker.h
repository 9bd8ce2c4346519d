// The process that has the media of browsers.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rtcroom/v1/web.pb.h>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/process_usage.h"
#include "daemon/web/load_watch.h"
#include "daemon/web/media_pipeline.h"
#include "daemon/web/sdp_answer.h"
#include "daemon/web/session_watch.h"
#include "daemon/web/tcp_listeners.h"
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
  using Usage = std::function<ProcessUsage()>;

  WebWorker(WebWorkerOptions options, const Clock& clock, Logger& logger, Report report,
            Usage usage = ReadProcessUsage);
  ~WebWorker();
  WebWorker(const WebWorker&) = delete;
  WebWorker& operator=(const WebWorker&) = delete;

  /// The first report of a call.
  [[nodiscard]] v1::WebReport Hello() const;
  void Obey(const v1::WebOrder& order);
  /// It does what has become due. Call it a few times a second.
  void Step();

  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }

 private:
  struct Session {
    v1::WebOpen order;
    WebOffer offer;
    WebStream& stream;
    SessionWatch watch;
    std::shared_ptr<WebPeer> peer = {};  ///< shared with callbacks of the media library
    bool is_answered = false;
    std::vector<TcpListener> listeners = {};
    std::uint64_t reported_bytes = 0;

    [[nodiscard]] bool publishes() const { return order.direction() == v1::WEB_DIRECTION_PUBLISH; }
  };

  void Open(const v1::WebOpen& order);
  void Keep(const v1::WebKeep& order);
  void Answer(const std::string& id, const std::string& answer);
  void Connect(const std::string& id);
  void Refuse(const std::string& id, v1::WebRefused::Code code, std::string_view text);
  /// Ends a session by itself, and reports it.
  void Fail(const std::string& id, SessionFault fault);
  void End(const std::string& id, std::string_view reason);
  WebStream& StreamAt(const std::string& app, const std::string& name);
  /// Ends a session whose place another one takes; empty: none.
  void TakeOver(const std::string& id);
  std::optional<SessionFault> FaultOf(Session& session, MonotonicTime now);
  void StepStreams(MonotonicTime now);
  [[nodiscard]] v1::WebSessionStats StatsOf(const Session& session) const;
  v1::WebStats& AddUsage(v1::WebReport& report);
  void ReportStats(MonotonicTime now);
  [[nodiscard]] std::int64_t Age(const Session& session) const;

  WebWorkerOptions options_;
  const Clock& clock_;
  Logger& logger_;
  const Report report_;
  const Usage usage_;
  const MediaClock media_clock_;
  /// The streams by application and name; sessions refer to them.
  std::map<std::pair<std::string, std::string>, WebStream> streams_;
  std::map<std::string, Session> sessions_;
  MonotonicTime stats_at_{};
  LoadWatch load_;
};

}  // namespace rtcroom
