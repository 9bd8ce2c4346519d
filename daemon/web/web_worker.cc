#include "daemon/web/web_worker.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "daemon/base/version.h"
#include "daemon/core/stream_urls.h"
#include "daemon/web/play_peer.h"
#include "daemon/web/publish_peer.h"

namespace rtcroom {
namespace {

/// How long a session has for its answer; the room server waits a little longer.
constexpr std::chrono::milliseconds kAnswerPatience{2'500};
constexpr std::chrono::seconds kStatsPeriod{5};

std::string_view Shown(std::string_view id) { return id.substr(0, 8); }

std::string_view NameOf(WebWay way) { return way == WebWay::kPublish ? "publish" : "play"; }

struct FaultNames {
  v1::WebEnded::Reason reason;
  std::string_view word;
};
FaultNames NamesOf(SessionFault fault) {
  switch (fault) {
    case SessionFault::kNeverConnected:
      return {v1::WebEnded::REASON_NEVER_CONNECTED, "never_connected"};
    case SessionFault::kSilent:
      return {v1::WebEnded::REASON_SILENT, "silent"};
    case SessionFault::kMediaServer:
      return {v1::WebEnded::REASON_MEDIA_SERVER, "media_server"};
    case SessionFault::kTakenOver:
      return {v1::WebEnded::REASON_TAKEN_OVER, "taken_over"};
    case SessionFault::kNoStream:
      return {v1::WebEnded::REASON_NO_STREAM, "no_stream"};
    case SessionFault::kFingerprint:
      return {v1::WebEnded::REASON_FINGERPRINT, "fingerprint"};
    case SessionFault::kTooFast:
      return {v1::WebEnded::REASON_TOO_FAST, "too_fast"};
    case SessionFault::kFailed:
      break;
  }
  return {v1::WebEnded::REASON_FAILED, "failed"};
}

std::uint32_t OpenDescriptors() {
  std::error_code failure;
  std::uint32_t count = 0;
  for (std::filesystem::directory_iterator each("/proc/self/fd", failure), end;
       !failure && each != end; each.increment(failure)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // without the one that reads them
}

}  // namespace

WebWorker::WebWorker(WebWorkerOptions options, const Clock& clock, Logger& logger, Report report)
    : options_(std::move(options)), clock_(clock), logger_(logger), report_(std::move(report)) {}

WebWorker::~WebWorker() {
  while (!sessions_.empty()) End(std::string(sessions_.begin()->first), "worker_stopped");
}

v1::WebReport WebWorker::Hello() const {
  v1::WebReport report;
  v1::WebHello& hello = *report.mutable_hello();
  hello.set_version(std::string(kVersion));
  hello.set_max_sessions(static_cast<std::uint32_t>(options_.max_sessions));
  for (const auto& [id, session] : sessions_) {
    v1::WebSession& told = *hello.add_sessions();
    told.set_session(id);
    told.set_direction(session.way == WebWay::kPublish ? v1::WEB_DIRECTION_PUBLISH
                                                       : v1::WEB_DIRECTION_PLAY);
    told.set_stream(session.place.stream);
    told.set_app(session.place.app);
    told.set_rtmp_query(session.place.query);
    told.set_is_connected(session.watch.is_connected());
  }
  return report;
}

void WebWorker::Obey(const v1::WebOrder& order) {
  switch (order.order_case()) {
    case v1::WebOrder::kOpen:
      return Open(order.open());
    case v1::WebOrder::kClose:
      return End(order.close().session(), order.close().reason());
    case v1::WebOrder::kKeep:
      return Keep(order.keep());
    case v1::WebOrder::ORDER_NOT_SET:
      return;  // of a newer server
  }
}

void WebWorker::Open(const v1::WebOpen& order) {
  const std::string& id = order.session();
  if (sessions_.contains(id)) return;
  const bool is_known =
      order.direction() == v1::WEB_DIRECTION_PUBLISH || order.direction() == v1::WEB_DIRECTION_PLAY;
  if (!is_known || !IsStreamName(order.stream()) || !IsStreamName(order.app())) {
    return Refuse(id, v1::WebRefused::CODE_FAILED, "not a stream");
  }
  const WebWay way =
      order.direction() == v1::WEB_DIRECTION_PUBLISH ? WebWay::kPublish : WebWay::kPlay;
  const std::size_t replaced =
      way == WebWay::kPublish ? PublishersOf({order.app(), order.stream()}).size() : 0;
  if (sessions_.size() - replaced >= options_.max_sessions) {
    return Refuse(id, v1::WebRefused::CODE_FULL, "no more sessions: try again later");
  }
  Result<WebOffer> offer = ReadOffer(order.offer(), way);
  if (!offer) {
    const bool has_no_codec = offer.error().code == Errc::kContentRefused;
    return Refuse(id, has_no_codec ? v1::WebRefused::CODE_NO_CODEC : v1::WebRefused::CODE_MALFORMED,
                  offer.error().detail);
  }
  Begin(order, *std::move(offer));
}

void WebWorker::Begin(const v1::WebOpen& order, WebOffer offer) {
  const std::string& id = order.session();
  const bool publishes = order.direction() == v1::WEB_DIRECTION_PUBLISH;
  const MonotonicTime now = clock_.Monotonic();
  Session session{
      .way = publishes ? WebWay::kPublish : WebWay::kPlay,
      .place = {.app = order.app(), .stream = order.stream(), .query = order.rtmp_query()},
      .offer = std::move(offer),
      .watch = SessionWatch(now, publishes ? 2 * options_.streams.max_kbps : 0)};
  const StreamKey key = session.key();
  WebStream& stream = StreamAt(session.place);
  if (publishes) {
    // One publishes and one more is to be answered, at most.
    TakeOver(key, [](const Session& older) { return !older.is_answered; });
    session.peer = std::make_shared<PublishPeer>(media_clock_, EventsOf(id, key),
                                                 options_.network.latency, stream.hub());
  } else {
    session.peer = std::make_shared<PlayPeer>(media_clock_, EventsOf(id, key), session.offer);
    stream.SetPullQuery(session.place.query);
  }
  const auto place = sessions_.emplace(id, std::move(session)).first;
  place->second.peer->Begin(place->second.offer, options_.network);
}

PeerEvents WebWorker::EventsOf(const std::string& id, const StreamKey& key) {
  return {.answered = [this, id](const std::string& answer) { Answer(id, answer); },
          .connected = [this, id] { Connect(id); },
          .failed = [this, id](SessionFault fault) { Fail(id, fault); },
          .key_wanted =
              [this, key] {
                const auto stream = streams_.find(key);
                if (stream != streams_.end()) stream->second->AskKey();
              }};
}

std::vector<std::string> WebWorker::PublishersOf(const StreamKey& key) const {
  std::vector<std::string> ids;
  for (const auto& [id, session] : sessions_) {
    if (session.way == WebWay::kPublish && session.key() == key) ids.push_back(id);
  }
  return ids;
}

void WebWorker::TakeOver(const StreamKey& key, const std::function<bool(const Session&)>& ends) {
  for (const std::string& id : PublishersOf(key)) {
    if (ends(sessions_.at(id))) Fail(id, SessionFault::kTakenOver);
  }
}

WebStream& WebWorker::StreamAt(const StreamPlace& place) {
  std::unique_ptr<WebStream>& stream = streams_[{place.app, place.stream}];
  if (!stream) {
    // The query to push it is not one to pull it.
    const StreamPlace unsigned_place{.app = place.app, .stream = place.stream};
    stream = std::make_unique<WebStream>(unsigned_place, options_.streams, media_clock_, logger_,
                                         clock_.Monotonic());
  }
  return *stream;
}

void WebWorker::Answer(const std::string& id, const std::string& answer) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session& session = found->second;
  const std::string finished = FinishAnswer(answer, session.offer, options_.answers);
  if (!HasCandidate(finished)) return Fail(id, SessionFault::kFailed);  // all ports are in use
  if (session.way == WebWay::kPublish) {
    // The newer one wins, as with phones, but not before it can publish.
    TakeOver(session.key(), [](const Session& older) { return older.is_answered; });
    StreamAt(session.place)
        .Publish(std::static_pointer_cast<PublishPeer>(session.peer), session.place.query);
  }
  session.is_answered = true;
  v1::WebReport report;
  report.mutable_opened()->set_session(id);
  report.mutable_opened()->set_answer(finished);
  report_(std::move(report));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.Monotonic() -
                                                                          session.watch.began_at());
  logger_.Info("web_session_opened", {{"session", Shown(id)},
                                      {"direction", NameOf(session.way)},
                                      {"stream", session.place.stream},
                                      {"ms", took.count()}});
}

void WebWorker::Connect(const std::string& id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session& session = found->second;
  const MonotonicTime now = clock_.Monotonic();
  session.watch.Connected(now);
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - session.watch.began_at());
  logger_.Info("web_session_connected", {{"session", Shown(id)}, {"ms", took.count()}});
  TellConnected(id, session);
  if (session.way == WebWay::kPublish) return;
  WebStream& stream = StreamAt(session.place);
  stream.hub()->Add(static_cast<PlayPeer&>(*session.peer).feed());
  if (stream.hub()->needs_key()) stream.AskKey();
}

void WebWorker::Keep(const v1::WebKeep& order) {
  const std::set<std::string> wanted(order.sessions().begin(), order.sessions().end());
  std::vector<std::string> unwanted;
  for (const auto& [id, session] : sessions_) {
    if (!wanted.contains(id)) unwanted.push_back(id);
  }
  for (const std::string& id : unwanted) End(id, "not_wanted");
  kept_.clear();
  for (const v1::WebStream& each : order.streams()) {
    if (!IsStreamName(each.stream()) || !IsStreamName(each.app())) continue;
    const StreamPlace place{.app = each.app(), .stream = each.stream(), .query = each.rtmp_query()};
    kept_.emplace(place.app, place.stream);
    StreamAt(place).SetPullQuery(place.query);
  }
}

void WebWorker::Refuse(const std::string& id, v1::WebRefused::Code code, std::string_view text) {
  v1::WebReport report;
  v1::WebRefused& refused = *report.mutable_refused();
  refused.set_session(id);
  refused.set_code(code);
  refused.set_text(std::string(text));
  report_(std::move(report));
  logger_.Info("web_session_refused", {{"session", Shown(id)}, {"reason", text}});
}

void WebWorker::Fail(const std::string& id, SessionFault fault) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const std::string copy = id;  // `id` may be the session's own
  const auto [reason, word] = NamesOf(fault);
  const bool was_answered = found->second.is_answered;
  End(copy, word);
  if (!was_answered) return Refuse(copy, v1::WebRefused::CODE_FAILED, "no connection was made");
  v1::WebReport report;
  report.mutable_ended()->set_session(copy);
  report.mutable_ended()->set_reason(reason);
  report_(std::move(report));
}

void WebWorker::End(const std::string& id, std::string_view reason) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const MonotonicTime now = clock_.Monotonic();
  const Session& session = found->second;
  const auto lasted =
      std::chrono::duration_cast<std::chrono::seconds>(now - session.watch.began_at());
  logger_.Info("web_session_ended", {{"session", Shown(id)},
                                     {"direction", NameOf(session.way)},
                                     {"stream", session.place.stream},
                                     {"reason", reason},
                                     {"seconds", lasted.count()}});
  WebStream& stream = StreamAt(session.place);
  if (session.way == WebWay::kPublish) {
    if (session.is_answered) stream.Unpublish(now);
  } else if (const auto& feed = static_cast<PlayPeer&>(*session.peer).feed()) {
    stream.hub()->Remove(*feed);
  }
  session.peer->End();
  sessions_.erase(found);
}

std::optional<SessionFault> WebWorker::FaultOf(Session& session, MonotonicTime now) {
  if (!session.is_answered) {
    if (now - session.watch.began_at() < kAnswerPatience) return std::nullopt;
    return SessionFault::kFailed;
  }
  const std::optional<SessionFault> fault =
      session.watch.Check(now, {.signs = session.peer->signs(), .bytes = session.peer->bytes()});
  if (fault) return fault;
  const WebStream& stream = StreamAt(session.place);
  if (session.way == WebWay::kPublish) {
    if (stream.IsPushLost(now)) return SessionFault::kMediaServer;
  } else if (stream.IsMissing(now, session.watch.began_at())) {
    return SessionFault::kNoStream;
  }
  return std::nullopt;
}

void WebWorker::StepSessions(MonotonicTime now) {
  std::vector<std::pair<std::string, SessionFault>> faults;
  for (auto& [id, session] : sessions_) {
    if (const auto fault = FaultOf(session, now)) faults.emplace_back(id, *fault);
  }
  for (const auto& [id, fault] : faults) Fail(id, fault);
}

void WebWorker::StepStreams(MonotonicTime now) {
  std::set<StreamKey> played;
  std::set<StreamKey> used;
  for (const auto& [id, session] : sessions_) {
    used.insert(session.key());
    if (session.way == WebWay::kPlay) played.insert(session.key());
  }
  for (auto& [key, stream] : streams_) {
    stream->Step(now, {.has_players = played.contains(key), .is_kept = kept_.contains(key)});
  }
  std::erase_if(streams_, [&](const auto& each) {
    return !used.contains(each.first) && each.second->IsOver(now);
  });
}

void WebWorker::Step() {
  const MonotonicTime now = clock_.Monotonic();
  StepStreams(now);
  StepSessions(now);
  if (now - stats_at_ >= kStatsPeriod) ReportStats(now);
}

v1::WebSessionStats WebWorker::StatsOf(const std::string& id, const Session& session) {
  const PeerFigures figures = session.peer->Figures();
  const StreamHub& hub = *StreamAt(session.place).hub();
  v1::WebSessionStats stats;
  stats.set_session(id);
  stats.set_is_connected(session.watch.is_connected());
  stats.set_rtt_ms(figures.rtt_ms);
  stats.set_loss(figures.loss);
  stats.set_width(hub.width());
  stats.set_height(hub.height());
  stats.set_key_requests(session.peer->key_requests());
  return stats;
}

void WebWorker::TellConnected(const std::string& id, const Session& session) {
  v1::WebReport report;
  report.mutable_stats()->set_descriptors(OpenDescriptors());
  *report.mutable_stats()->add_sessions() = StatsOf(id, session);
  report_(std::move(report));
}

void WebWorker::ReportStats(MonotonicTime now) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - stats_at_);
  stats_at_ = now;
  v1::WebReport report;
  v1::WebStats& stats = *report.mutable_stats();
  stats.set_descriptors(OpenDescriptors());
  for (auto& [id, session] : sessions_) {
    const std::uint64_t bytes = session.peer->bytes();
    v1::WebSessionStats& told = *stats.add_sessions();
    told = StatsOf(id, session);
    told.set_kbps(static_cast<std::uint32_t>((bytes - session.reported_bytes) * 8 /
                                             static_cast<std::uint64_t>(since.count())));
    session.reported_bytes = bytes;
  }
  report_(std::move(report));
}

}  // namespace rtcroom
