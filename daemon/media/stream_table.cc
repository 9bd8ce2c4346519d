#include "daemon/media/stream_table.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace rtcroom {
namespace {

constexpr std::size_t kMaxIdBytes = 64;
/// Updates of one client are further apart; what comes sooner is a copy, or was delayed.
constexpr std::chrono::seconds kLeastUpdateGap{1};
/// Uptimes are rounded, and answers take time.
constexpr std::chrono::seconds kUptimeError{2};

bool IsClientId(std::string_view id) { return !id.empty() && id.size() <= kMaxIdBytes; }

}  // namespace

std::string_view PublishVerdictName(PublishVerdict verdict) {
  switch (verdict) {
    case PublishVerdict::kAccepted:
      return "accepted";
    case PublishVerdict::kBadName:
      return "bad_name";
    case PublishVerdict::kBadSignature:
      return "bad_signature";
    case PublishVerdict::kBanned:
      return "banned";
    case PublishVerdict::kRevoked:
      return "revoked";
    case PublishVerdict::kTakenOver:
      return "taken_over";
    case PublishVerdict::kTooManyStreams:
      return "too_many_streams";
  }
  return "";
}

std::string_view StreamDropReasonName(StreamDropReason reason) {
  switch (reason) {
    case StreamDropReason::kTakenOver:
      return "taken_over";
    case StreamDropReason::kUnclaimed:
      return "unclaimed";
    case StreamDropReason::kBanned:
      return "banned";
    case StreamDropReason::kRevoked:
      return "revoked";
    case StreamDropReason::kEvicted:
      return "evicted";
    case StreamDropReason::kRefused:
      return "refused";
  }
  return "";
}

StreamTable::StreamTable(const StreamTableOptions& options, const StreamGuard& guard,
                         MonotonicTime now, OnAirListener* on_air)
    : options_(options), guard_(guard), on_air_(on_air) {
  if (options_.is_polled) away_since_ = now;
}

PublishOutcome StreamTable::Publish(const StreamCall& call, MonotonicTime now) {
  if (!IsStreamName(call.stream) || !IsClientId(call.client)) {
    return {.verdict = PublishVerdict::kBadName};
  }
  if (call.signature.state != StreamSignatureState::kGood) {
    return {.verdict = PublishVerdict::kBadSignature};
  }
  if (const auto reason = ReasonAgainst(call.stream, call.signature, {})) {
    return {.verdict = *reason == StreamDropReason::kBanned ? PublishVerdict::kBanned
                                                            : PublishVerdict::kRevoked};
  }
  if (IsTakenOver(call, now)) return {.verdict = PublishVerdict::kTakenOver};
  // A client that was accepted for this stream ends, too: it begins anew.
  End(call.client, now);
  std::vector<StreamDrop> drops;
  for (const StreamClient& other : ClientsOf(call.stream)) {
    drops.push_back({.client = other, .reason = StreamDropReason::kTakenOver});
  }
  Client* const client = AddClient(call.stream, call.client, now);
  if (client == nullptr) return {.verdict = PublishVerdict::kTooManyStreams};
  client->Identify(call);
  return {.verdict = PublishVerdict::kAccepted, .drops = std::move(drops)};
}

UpdateVerdict StreamTable::Update(const StreamCall& call, std::optional<std::int64_t> media_ms,
                                  MonotonicTime now) {
  Entry* entry = StreamOf(call.client);
  if (entry == nullptr) {
    if (!IsStreamName(call.stream) || !IsClientId(call.client) || !call.signature.is_authentic()) {
      return UpdateVerdict::kGoOn;  // any other answer ends a call
    }
    if (ReasonAgainst(call.stream, call.signature, {})) return UpdateVerdict::kCut;
    if (HasEndedSince(call.client, now - kLateCalls)) return UpdateVerdict::kGoOn;
    if (Client* const adopted = AddClient(call.stream, call.client, now)) {
      adopted->Identify(call);
      StreamOf(call.client)->second.is_updated = true;
      if (media_ms) OnMedia(*adopted, *media_ms, now);
    }
    return UpdateVerdict::kGoOn;
  }
  auto& [name, stream] = *entry;
  Client& client = *std::ranges::find(stream.clients, call.client, &Client::id);
  const bool shows_signature = call.stream == name && call.signature.is_authentic();
  if (shows_signature && !client.signature.is_authentic()) client.Identify(call);
  if (media_ms) OnMedia(client, *media_ms, now);
  stream.is_updated = true;
  OnSeen(stream, client, now);
  SetOnSince(*entry, now);
  return ReasonAgainst(name, client.signature, now - client.since) ? UpdateVerdict::kCut
                                                                   : UpdateVerdict::kGoOn;
}

void StreamTable::Ended(std::string_view client, MonotonicTime now) {
  std::optional<std::string> stream = End(client, now);
  if (!stream || ended_.size() >= options_.max_streams) return;
  ended_.insert_or_assign(std::string(client),
                          EndedClient{.stream = *std::move(stream), .at = now});
}

void StreamTable::Poll(const StreamPoll& poll, MonotonicTime now) {
  if (away_since_) away_for_ += now - *away_since_;
  away_since_.reset();
  CompareLife(poll, now);
  for (const StreamClient& listed : poll.clients) PollOne(listed, poll.asked_at, now);
  for (Entry& entry : streams_) RemoveStale(entry, now);
  if (on_air_ != nullptr) on_air_->OnListed();
}

// The list may be older than callbacks that came while it was under way.
void StreamTable::PollOne(const StreamClient& listed, MonotonicTime asked_at, MonotonicTime now) {
  if (!IsStreamName(listed.stream) || !IsClientId(listed.client)) return;
  Entry* const entry = StreamOf(listed.client);
  if (entry == nullptr) {
    if (!HasEndedSince(listed.client, asked_at)) AddClient(listed.stream, listed.client, now);
    return;
  }
  auto& [name, stream] = *entry;
  Client& client = *std::ranges::find(stream.clients, listed.client, &Client::id);
  if (name == listed.stream) {
    OnSeen(stream, client, now);
  } else if (client.since < asked_at) {
    // Asked for another stream while it was sending one, the media server may go on with the first.
    End(listed.client, now);
    AddClient(listed.stream, listed.client, now);
  }
}

void StreamTable::CompareLife(const StreamPoll& poll, MonotonicTime now) {
  bool is_new_life = life_ && *life_ != poll.life;
  life_ = poll.life;
  if (poll.uptime) {
    const MonotonicTime started_at = poll.asked_at - *poll.uptime;
    is_new_life = is_new_life || (started_at_ && started_at > *started_at_ + kUptimeError);
    // Slow answers show an earlier start than the real one.
    started_at_ = is_new_life ? started_at : std::max(started_at_.value_or(started_at), started_at);
  }
  if (is_new_life) grace_from_ = Paused(now);
}

void StreamTable::PollFailed(MonotonicTime now) {
  if (!away_since_) away_since_ = now;
}

std::vector<StreamDrop> StreamTable::Sweep(MonotonicTime now) {
  std::erase_if(ended_, [&](const auto& ended) { return now - ended.second.at > kLateCalls; });
  std::vector<StreamDrop> drops;
  for (auto at = streams_.begin(); at != streams_.end();) {
    auto& [name, stream] = *at;
    const bool had_clients = !stream.clients.empty();
    if (!options_.is_polled) RemoveStale(*at, now);
    const bool is_claimed = guard_.IsClaimed(name);
    if (stream.clients.empty()) {
      // A server that sends no updates says nothing about its streams meanwhile.
      const bool is_unknown = had_clients && !stream.is_updated;
      const bool is_forgotten = is_unknown || (!is_claimed && TimeOff(stream, now) >= kOffIsKept);
      at = is_forgotten ? streams_.erase(at) : std::next(at);
      continue;
    }
    if (is_claimed) {
      stream.unclaimed_since.reset();
    } else if (!stream.unclaimed_since) {
      stream.unclaimed_since = now;
    }
    const bool is_superfluous = stream.unclaimed_since && options_.unclaimed_ttl.count() != 0 &&
                                now - *stream.unclaimed_since >= options_.unclaimed_ttl;
    for (const Client& client : stream.clients) {
      auto reason = ReasonAgainst(name, client.signature, now - client.since);
      if (!reason && is_superfluous) reason = StreamDropReason::kUnclaimed;
      if (reason) drops.push_back({.client = {name, client.id}, .reason = *reason});
    }
    ++at;
  }
  return drops;
}

StreamMedia StreamTable::MediaOf(std::string_view stream, MonotonicTime now) const {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return {.is_confirmed = !away_since_};
  return MediaOf(found->second, now);
}

StreamMedia StreamTable::MediaOf(const Stream& stream, MonotonicTime now) const {
  if (!stream.on_since) {
    return {.state = StreamPhase::kOff,
            .since = now - TimeOff(stream, now),
            .is_confirmed = !away_since_};
  }
  StreamMedia media{.state = StreamPhase::kOn, .since = *stream.on_since};
  for (const Client& client : stream.clients) {
    if (!client.sends || IsStale(client, now)) continue;
    media.is_confirmed = true;
    media.seen_at = std::max(media.seen_at, client.seen_at);
  }
  return media;
}

std::vector<StreamSign> StreamTable::SignsSince(MonotonicTime since, MonotonicTime now) const {
  std::vector<StreamSign> signs;
  for (const auto& [name, stream] : streams_) {
    if (stream.changed_at < since) continue;
    const StreamMedia media = MediaOf(stream, now);
    if (!media.is_confirmed) continue;
    const bool is_on = media.state == StreamPhase::kOn;
    signs.push_back({.stream = name, .is_on = is_on, .at = is_on ? media.seen_at : media.since});
  }
  return signs;
}

std::vector<std::string> StreamTable::OffFor(std::chrono::milliseconds grace,
                                             MonotonicTime now) const {
  std::vector<std::string> off;
  if (away_since_) return off;
  for (const auto& [name, stream] : streams_) {
    if (!stream.on_since && TimeOff(stream, now) >= grace) off.push_back(name);
  }
  return off;
}

std::string StreamTable::StreamOfClient(std::string_view client) const {
  if (const Entry* const entry = StreamOf(client)) return entry->first;
  const auto ended = ended_.find(client);
  return ended == ended_.end() ? std::string() : ended->second.stream;
}

bool StreamTable::HasClient(const StreamClient& client) const {
  const Entry* const entry = StreamOf(client.client);
  return entry != nullptr && entry->first == client.stream;
}

std::vector<StreamClient> StreamTable::ClientsOf(std::string_view stream) const {
  std::vector<StreamClient> clients;
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return clients;
  clients.reserve(found->second.clients.size());
  for (const Client& client : found->second.clients) clients.push_back({found->first, client.id});
  return clients;
}

StreamCounts StreamTable::Count() const {
  const auto is_on = [](const Stream& stream) { return stream.on_since.has_value(); };
  const auto on =
      static_cast<std::size_t>(std::ranges::count_if(streams_ | std::views::values, is_on));
  return {.on = on, .off = streams_.size() - on};
}

MonotonicTime::duration StreamTable::TimeOff(const Stream& stream, MonotonicTime now) const {
  return Paused(now) - std::max(stream.sent_at, grace_from_);
}

bool StreamTable::HasEndedSince(std::string_view client, MonotonicTime time) const {
  const auto found = ended_.find(client);
  return found != ended_.end() && found->second.at >= time;
}

bool StreamTable::IsTakenOver(const StreamCall& call, MonotonicTime now) const {
  const auto found = streams_.find(call.stream);
  if (!call.is_again || found == streams_.end()) return false;
  return std::ranges::any_of(found->second.clients, [&](const Client& other) {
    return other.id != call.client && other.web_session != call.web_session && !IsStale(other, now);
  });
}

std::optional<StreamDropReason> StreamTable::ReasonAgainst(
    std::string_view stream, const StreamSignature& signature,
    MonotonicTime::duration known_for) const {
  const PushBinding* const binding = signature.binding ? &*signature.binding : nullptr;
  if (guard_.IsBanned(stream, binding)) return StreamDropReason::kBanned;
  const std::optional<TimePoint> revoked_until = guard_.RevokedUntil(stream);
  if (!revoked_until) return std::nullopt;
  // A client that a poll has found may have a newer signature: an update can show it. Where there
  // are none, its member shows it: the one that was removed has come back since.
  const bool is_revoked = signature.signed_until
                              ? *signature.signed_until <= *revoked_until
                              : signature.is_authentic() || (known_for >= options_.confirm_ttl &&
                                                             !guard_.IsClaimedByItsUser(stream));
  return is_revoked ? std::optional(StreamDropReason::kRevoked) : std::nullopt;
}

StreamTable::Entry* StreamTable::StreamOf(std::string_view client) const {
  const auto found = clients_.find(client);
  return found == clients_.end() ? nullptr : found->second;
}

StreamTable::Entry* StreamTable::FindOrAddStream(std::string_view name) {
  if (const auto found = streams_.find(name); found != streams_.end()) return &*found;
  if (streams_.size() >= options_.max_streams) {
    std::erase_if(streams_, [this](const Entry& entry) {
      return entry.second.clients.empty() && !guard_.IsClaimed(entry.first);
    });
  }
  if (streams_.size() >= options_.max_streams) return nullptr;
  return &*streams_.try_emplace(std::string(name)).first;
}

StreamTable::Client* StreamTable::AddClient(std::string_view stream, std::string_view id,
                                            MonotonicTime now) {
  Entry* const entry = FindOrAddStream(stream);
  if (entry == nullptr) return nullptr;
  std::vector<Client>& clients = entry->second.clients;
  if (clients.empty()) entry->second.unclaimed_since = now;
  if (clients.size() == kMaxClients) {
    const auto given_up = std::ranges::min_element(clients, {}, &Client::seen_at);
    clients_.erase(given_up->id);
    clients.erase(given_up);
  }
  clients_.emplace(id, entry);
  if (const auto ended = ended_.find(id); ended != ended_.end()) ended_.erase(ended);
  Client& added = clients.emplace_back(Client{.id = std::string(id), .since = now});
  OnSeen(entry->second, added, now);
  SetOnSince(*entry, now);
  return &added;
}

void StreamTable::OnSeen(Stream& stream, Client& client, MonotonicTime now) const {
  client.seen_at = now;
  if (client.sends) stream.sent_at = Paused(now);
}

void StreamTable::OnMedia(Client& client, std::int64_t media_ms, MonotonicTime now) {
  if (client.media_ms != media_ms) {
    client.media_ms = media_ms;
    client.media_at = now;
    client.sends = true;
  } else if (now - client.media_at >= kLeastUpdateGap) {
    client.sends = false;
  }
}

std::optional<std::string> StreamTable::End(std::string_view client, MonotonicTime now) {
  const auto known = clients_.find(client);
  if (known == clients_.end()) return std::nullopt;
  Entry* const entry = known->second;
  auto& [name, stream] = *entry;
  const auto ended = std::ranges::find(stream.clients, client, &Client::id);
  if (ended->sends) stream.sent_at = Paused(now);
  stream.clients.erase(ended);
  clients_.erase(known);
  SetOnSince(*entry, now);
  return name;
}

void StreamTable::RemoveStale(Entry& entry, MonotonicTime now) {
  std::erase_if(entry.second.clients, [&](const Client& client) {
    if (!IsStale(client, now)) return false;
    clients_.erase(client.id);
    return true;
  });
  SetOnSince(entry, now);
}

void StreamTable::SetOnSince(Entry& entry, MonotonicTime now) {
  auto& [name, stream] = entry;
  const bool is_on = std::ranges::any_of(stream.clients, &Client::sends);
  if (is_on == stream.on_since.has_value()) return;
  stream.on_since = is_on ? std::optional(now) : std::nullopt;
  stream.changed_at = now;
  if (on_air_ != nullptr) on_air_->OnAir(name, is_on);
}

}  // namespace rtcroom
