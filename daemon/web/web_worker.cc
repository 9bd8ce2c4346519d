#include "daemon/web/web_worker.h"

#include <set>
#include <utility>
#include <vector>

#include "daemon/base/text.h"
#include "daemon/base/version.h"

namespace rtcroom {
namespace {

/// How long a session has for its answer; the room server waits a little longer.
constexpr std::chrono::milliseconds kAnswerPatience{2'500};
constexpr std::chrono::seconds kStatsPeriod{5};

std::string_view Shown(std::string_view id) { return id.substr(0, 8); }

/// REASON_NOT_THERE: not_there
std::string WordOf(SessionFault fault) {
  return ToLower(v1::WebEnded::Reason_Name(fault).substr(std::string_view("REASON_").size()));
}

}  // namespace

WebWorker::WebWorker(WebWorkerOptions options, const Clock& clock, Logger& logger, Report report,
                     Usage usage)
    : options_(std::move(options)),
      clock_(clock),
      logger_(logger),
      report_(std::move(report)),
      usage_(std::move(usage)) {}

WebWorker::~WebWorker() {
  while (!sessions_.empty()) End(std::string(sessions_.begin()->first), "worker_stopped");
}

v1::WebReport WebWorker::Hello() const {
  v1::WebReport report;
  v1::WebHello& hello = *report.mutable_hello();
  hello.set_version(std::string(kVersion));
  hello.set_max_sessions(static_cast<std::uint32_t>(options_.max_sessions));
  for (const auto& [id, session] : sessions_) {
    // A session without an answer is left out: the room server has given up its offer with the call
    // before, and the browser makes another one.
    if (!session.is_answered) continue;
    v1::WebSession& told = *hello.add_sessions();
    told.set_session(id);
    told.set_direction(session.order.direction());
    told.set_stream(session.order.stream());
    told.set_app(session.order.app());
    told.set_rtmp_query(session.order.rtmp_query());
    told.set_is_connected(session.watch.is_connected());
  }
  return report;
}

void WebWorker::Obey(const v1::WebOrder& order) {
  // An order of a newer server may be none of these, and has no effect then.
  if (order.has_open()) Open(order.open());
  if (order.has_close()) End(order.close().session(), order.close().reason());
  if (order.has_keep()) Keep(order.keep());
}

void WebWorker::Open(const v1::WebOpen& order) {
  const std::string& id = order.session();
  if (sessions_.contains(id)) return;
  const bool publishes = order.direction() == v1::WEB_DIRECTION_PUBLISH;
  const auto known = streams_.find({order.app(), order.stream()});
  const bool replaces = publishes && known != streams_.end() && known->second.publishers().HasAny();
  if (load_.is_busy() && !replaces) {
    return Refuse(id, v1::WebRefused::CODE_FULL, "the worker is busy");
  }
  const WebWay way = publishes ? WebWay::kPublish : WebWay::kPlay;
  Result<WebOffer> offer = ReadOffer(order.offer(), way);
  if (!offer) {
    const bool has_no_codec = offer.error().code == Errc::kContentRefused;
    return Refuse(id, has_no_codec ? v1::WebRefused::CODE_NO_CODEC : v1::WebRefused::CODE_MALFORMED,
                  offer.error().detail);
  }
  WebStream& stream = StreamAt(order.app(), order.stream());
  if (publishes) {
    TakeOver(stream.publishers().Began(id));
  } else {
    stream.SetPullQuery(order.rtmp_query());
  }
  PeerEvents events{.answered = [this, id](const std::string& answer) { Answer(id, answer); },
                    .connected = [this, id] { Connect(id); },
                    .failed = [this, id](SessionFault fault) { Fail(id, fault); },
                    .key_wanted = [&stream] { stream.AskKey(); }};
  auto peer = std::make_shared<WebPeer>(way, *offer, options_.network, media_clock_, stream.hub(),
                                        std::move(events));
  Session session{
      .order = order,
      .offer = *std::move(offer),
      .stream = stream,
      .watch = SessionWatch(clock_.Monotonic(), publishes ? 2 * options_.streams.max_kbps : 0),
      .peer = std::move(peer)};
  session.order.clear_offer();
  const Session& begun = sessions_.emplace(id, std::move(session)).first->second;
  begun.peer->Begin(begun.offer, options_.network);
}

void WebWorker::TakeOver(const std::string& id) {
  if (!id.empty()) Fail(id, v1::WebEnded::REASON_TAKEN_OVER);
}

WebStream& WebWorker::StreamAt(const std::string& app, const std::string& name) {
  const auto place = streams_.try_emplace({app, name}, app, name, options_.streams, media_clock_,
                                          logger_, clock_.Monotonic());
  return place.first->second;
}

std::int64_t WebWorker::Age(const Session& session) const {
  const auto age = clock_.Monotonic() - session.watch.began_at();
  return std::chrono::duration_cast<std::chrono::milliseconds>(age).count();
}

void WebWorker::Answer(const std::string& id, const std::string& answer) {
  Session& session = sessions_.at(id);
  const std::string finished = FinishAnswer(answer, session.offer, options_.answers);
  if (finished.empty()) return Fail(id, v1::WebEnded::REASON_FAILED);  // no free port
  if (session.publishes()) {
    // The newer one wins, as with phones, once it is answered.
    TakeOver(session.stream.publishers().Answered());
    session.stream.Publish(session.peer, session.order.rtmp_query());
  }
  session.is_answered = true;
  session.listeners = TcpListenersIn(answer);
  v1::WebReport report;
  report.mutable_opened()->set_session(id);
  report.mutable_opened()->set_answer(finished);
  report_(std::move(report));
  logger_.Info("web_session_opened", {{"session", Shown(id)},
                                      {"direction", session.publishes() ? "publish" : "play"},
                                      {"stream", session.order.stream()},
                                      {"ms", Age(session)}});
}

void WebWorker::Connect(const std::string& id) {
  Session& session = sessions_.at(id);
  session.watch.Connected(clock_.Monotonic());
  ShutListeners(session.listeners);
  logger_.Info("web_session_connected", {{"session", Shown(id)}, {"ms", Age(session)}});
  v1::WebReport report;
  *AddUsage(report).add_sessions() = StatsOf(session);
  report_(std::move(report));
}

void WebWorker::Keep(const v1::WebKeep& order) {
  const std::set<std::string> wanted(order.sessions().begin(), order.sessions().end());
  std::vector<std::string> unwanted;
  for (const auto& [id, session] : sessions_) {
    if (!wanted.contains(id)) unwanted.push_back(id);
  }
  for (const std::string& id : unwanted) End(id, "not_wanted");
  for (auto& [key, stream] : streams_) stream.SetKept(false);
  for (const v1::WebStream& each : order.streams()) {
    WebStream& stream = StreamAt(each.app(), each.stream());
    stream.SetKept(true);
    stream.SetPullQuery(each.rtmp_query());
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
  const std::string copy = id;  // `id` may be the session's own
  const bool was_answered = sessions_.at(id).is_answered;
  End(copy, WordOf(fault));
  if (!was_answered) return Refuse(copy, v1::WebRefused::CODE_FAILED, "no connection was made");
  v1::WebReport report;
  report.mutable_ended()->set_session(copy);
  report.mutable_ended()->set_reason(fault);
  report_(std::move(report));
}

void WebWorker::End(const std::string& id, std::string_view reason) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const Session& session = found->second;
  logger_.Info("web_session_ended", {{"session", Shown(id)},
                                     {"direction", session.publishes() ? "publish" : "play"},
                                     {"stream", session.order.stream()},
                                     {"reason", reason},
                                     {"seconds", Age(session) / 1000}});
  if (session.publishes()) session.stream.publishers().Ended(id);
  if (session.publishes() && session.is_answered) session.stream.Unpublish(clock_.Monotonic());
  session.peer->End();
  sessions_.erase(found);
}

std::optional<SessionFault> WebWorker::FaultOf(Session& session, MonotonicTime now) {
  if (session.peer->has_failed()) return v1::WebEnded::REASON_FAILED;
  if (!session.is_answered) {
    if (now - session.watch.began_at() < kAnswerPatience) return std::nullopt;
    return v1::WebEnded::REASON_FAILED;
  }
  const bool is_fed = session.publishes() || session.stream.hub()->has(MediaKind::kVideo) ||
                      session.stream.hub()->has(MediaKind::kAudio);
  const std::optional<SessionFault> fault =
      session.watch.Check(now, {.signs = session.peer->signs(),
                                .bytes = session.peer->bytes(),
                                .unfinished = session.peer->unfinished(),
                                .is_fed = is_fed});
  if (fault) return fault;
  if (session.peer->HasManySources()) return v1::WebEnded::REASON_TOO_FAST;
  if (session.publishes()) {
    if (session.stream.IsPushLost(now)) return v1::WebEnded::REASON_MEDIA_SERVER;
  } else if (session.stream.IsMissing(now, session.watch.began_at())) {
    return v1::WebEnded::REASON_NO_STREAM;
  }
  return std::nullopt;
}

void WebWorker::StepStreams(MonotonicTime now) {
  std::set<const WebStream*> played;
  std::set<const WebStream*> used;
  for (const auto& [id, session] : sessions_) {
    used.insert(&session.stream);
    if (!session.publishes()) played.insert(&session.stream);
  }
  for (auto& [key, stream] : streams_) stream.Step(now, played.contains(&stream));
  std::erase_if(streams_, [&](const auto& each) {
    return !used.contains(&each.second) && each.second.IsOver(now);
  });
}

void WebWorker::Step() {
  const MonotonicTime now = clock_.Monotonic();
  StepStreams(now);
  for (auto next = sessions_.begin(); next != sessions_.end();) {
    auto& [id, session] = *next++;
    if (const auto fault = FaultOf(session, now)) Fail(id, *fault);
  }
  if (now - stats_at_ >= kStatsPeriod) ReportStats(now);
}

v1::WebSessionStats WebWorker::StatsOf(const Session& session) const {
  v1::WebSessionStats stats;
  stats.set_session(session.order.session());
  stats.set_is_connected(session.watch.is_connected());
  stats.set_width(session.stream.hub()->width());
  stats.set_height(session.stream.hub()->height());
  stats.set_is_without_pictures(!session.publishes() && session.stream.RefusesPictures());
  session.peer->WriteStats(stats);
  return stats;
}

v1::WebStats& WebWorker::AddUsage(v1::WebReport& report) {
  const ProcessUsage usage = usage_();
  load_.Measure(clock_.Monotonic(), usage.cpu, usage.cores);
  v1::WebStats& stats = *report.mutable_stats();
  stats.set_descriptors(static_cast<std::uint32_t>(usage.descriptors));
  stats.set_memory_bytes(usage.resident_bytes);
  return stats;
}

void WebWorker::ReportStats(MonotonicTime now) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - stats_at_);
  stats_at_ = now;
  v1::WebReport report;
  v1::WebStats& stats = AddUsage(report);
  for (auto& [id, session] : sessions_) {
    const std::uint64_t bytes = session.peer->bytes();
    v1::WebSessionStats& told = *stats.add_sessions();
    told = StatsOf(session);
    told.set_kbps(static_cast<std::uint32_t>((bytes - session.reported_bytes) * 8 /
                                             static_cast<std::uint64_t>(since.count())));
    session.reported_bytes = bytes;
  }
  report_(std::move(report));
}

}  // namespace rtcroom
