#include "daemon/admin/event_streams.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/admin/event_json.h"
#include "daemon/base/json_text.h"

namespace rtcroom {
namespace {

constexpr std::size_t kEventsPerRead = 200;
/// Unsent bytes above which no more events are read for a page.
constexpr std::size_t kEnoughUnsent = std::size_t{256} << 10;
constexpr std::chrono::seconds kKeepAlive{15};
/// The interval between keep-alive checks, and between retries while delivery is blocked.
constexpr std::chrono::milliseconds kTick{1000};
constexpr std::chrono::milliseconds kShortWait{200};

HttpReply StreamHead() {
  return {.headers = {{"Content-Type", "text/event-stream"},
                      {"Cache-Control", "no-store"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"X-Accel-Buffering", "no"}}};  // disables buffering in nginx
}

/// JSON on one line, so the data cannot end the message early.
std::string Message(const Cursor& cursor, std::string_view type, const nlohmann::json& data) {
  std::string message = fmt::format("id: {}\nevent: {}\ndata: ", cursor.Encode(), type);
  AppendJson(data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), message);
  return message.append("\n\n");
}

}  // namespace

EventStreams::EventStreams(const Deps& deps)
    : deps_(deps), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

EventStreams::~EventStreams() { Stop(); }

void EventStreams::Stop() {
  Streams ended;
  {
    const MutexLock lock(mutex_);
    is_stopped_ = true;
    ended.swap(streams_);
  }
  thread_.request_stop();
  changed_.NotifyAll();
  deps_.commits.Raise();
  if (thread_.joinable()) thread_.join();
}

std::size_t EventStreams::size() const {
  const MutexLock lock(mutex_);
  return streams_.size();
}

Status EventStreams::Open(AdminResponder& responder, std::optional<Cursor> at,
                          const std::function<bool()>& may_open) {
  const Result<std::uint64_t> id = Reserve(std::move(at));
  if (!id) return id.error();
  try {
    const Status opened = Open(*id, responder, may_open);
    if (!opened) Remove(*id);
    return opened;
  } catch (...) {
    Remove(*id);  // otherwise its slot would stay taken
    throw;
  }
}

Result<std::uint64_t> EventStreams::Reserve(std::optional<Cursor> at) {
  const MutexLock lock(mutex_);
  if (is_stopped_) return Error{Errc::kUnavailable, "draining"};
  if (streams_.size() >= kMaxStreams) {
    return Error{Errc::kTooManyRequests, fmt::format("{} streams are open", kMaxStreams)};
  }
  const std::uint64_t id = ++last_id_;
  streams_.emplace(id, Stream{.at = std::move(at), .last_sent = deps_.clock.Monotonic()});
  return id;
}

Status EventStreams::Open(std::uint64_t id, AdminResponder& responder,
                          const std::function<bool()>& may_open) {
  if (!may_open()) return Error{Errc::kUnauthorized, "Authorization: the token has changed"};
  std::shared_ptr<StreamedReply> reply = responder.Open(StreamHead(), [this, id] { Remove(id); });
  (void)reply->Write(": open\n\n");  // so that proxies pass the head on
  {
    const MutexLock lock(mutex_);
    const auto found = streams_.find(id);
    if (found == streams_.end()) return {};  // it has already ended
    found->second.reply = std::move(reply);
  }
  changed_.NotifyAll();
  deps_.commits.Raise();  // it may have missed events to catch up on
  return {};
}

void EventStreams::EndAll() {
  Streams ended;  // destroyed without the lock
  const MutexLock lock(mutex_);
  ended.swap(streams_);
}

void EventStreams::Remove(std::uint64_t id) {
  Streams::node_type ended;  // destroyed without the lock
  const MutexLock lock(mutex_);
  ended = streams_.extract(id);
}

void EventStreams::Run(const std::stop_token& stop) {
  while (AwaitStreams(stop)) {
    Next next = Next::kSoon;
    try {
      next = Advance();
    } catch (const std::exception&) {
      RecordFailure({Errc::kInternal, "exception"});  // probably out of memory
    }
    if (next == Next::kAtOnce) continue;
    (void)deps_.commits.Wait(RealTime() + (next == Next::kSoon ? kShortWait : kTick));
  }
}

bool EventStreams::AwaitStreams(const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  while (streams_.empty() && !is_stopped_) changed_.Wait(mutex_);
  return !is_stopped_ && !stop.stop_requested();
}

EventStreams::Next EventStreams::Advance() {
  Streams streams;
  {
    const MutexLock lock(mutex_);
    streams = streams_;
  }
  Next next = Next::kOnNotify;
  std::vector<Piece> pieces;
  for (auto& [id, stream] : streams) {
    if (stream.reply == nullptr) continue;  // still opening
    next = std::min(next, Advance(stream, pieces));
    const MutexLock lock(mutex_);
    const auto found = streams_.find(id);
    if (found == streams_.end()) continue;
    found->second.at = stream.at;
    found->second.last_sent = stream.last_sent;
  }
  return next;
}

EventStreams::Next EventStreams::Advance(Stream& stream, std::vector<Piece>& pieces) {
  const MonotonicTime now = deps_.clock.Monotonic();
  if (stream.reply->unsent() > kEnoughUnsent) return Next::kSoon;
  // Most streams are at the same position and share one piece.
  auto piece = std::ranges::find(pieces, stream.at, &Piece::from);
  if (piece == pieces.end()) piece = pieces.insert(pieces.end(), Read(stream.at));
  if (!piece->next) return Next::kSoon;
  if (!piece->text.empty()) {
    (void)stream.reply->Write(piece->text);  // an ended one is removed by its connection
    stream.last_sent = now;
  } else if (now - stream.last_sent >= kKeepAlive) {
    (void)stream.reply->Write(": still here\n\n");
    stream.last_sent = now;
  }
  stream.at = piece->next;
  return piece->has_more ? Next::kAtOnce : Next::kOnNotify;
}

EventStreams::Piece EventStreams::Read(const std::optional<Cursor>& from) {
  Piece piece{.from = from};
  if (!from) return ReadGap();
  const Result<EventPage> page = deps_.log.ReadEvents(*from, kEventsPerRead);
  if (!page && page.error().code == Errc::kCursorExpired) {
    Piece gap = ReadGap();
    gap.from = from;
    return gap;
  }
  if (!page) {
    RecordFailure(page.error());
    return piece;
  }
  is_failing_ = false;
  piece.next = page->next;
  piece.has_more = page->events.size() == kEventsPerRead;
  Cursor cursor = page->next;
  for (const StoredEvent& stored : page->events) {
    cursor.position = stored.position;
    nlohmann::json event = EventJson(stored);
    event["cursor"] = cursor.Encode();
    piece.text += Message(cursor, EventTypeName(stored.event.payload), event);
  }
  return piece;
}

EventStreams::Piece EventStreams::ReadGap() {
  const Result<Cursor> newest = deps_.log.Newest();
  if (!newest) {
    RecordFailure(newest.error());
    return {};
  }
  is_failing_ = false;
  return {.next = *newest, .text = Message(*newest, "gap", nlohmann::json::object())};
}

void EventStreams::RecordFailure(const Error& error) {
  if (std::exchange(is_failing_, true)) return;  // already logged
  deps_.logger.Warn("console_streams_failed",
                    {{"error", ErrcName(error.code)}, {"detail", error.detail}});
}

}  // namespace rtcroom
