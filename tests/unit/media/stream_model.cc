#include "tests/unit/media/stream_model.h"

#include <algorithm>
#include <set>
#include <utility>

namespace rtcroom {

using namespace std::chrono_literals;

void StreamModel::Pass(Age time) {
  for (auto& [name, stream] : streams_) {
    if (!is_away_) stream.quiet += time;
    stream.on += time;
    if (stream.unclaimed) *stream.unclaimed += time;
  }
  if (!is_away_) since_restart_ += time;
  for (Client& client : clients_) {
    client.known += time;
    client.unseen += time;
    client.media_still += time;
  }
  for (auto& [id, age] : ended_) age += time;
}

bool StreamModel::HasClients(const std::string& stream) const {
  return std::ranges::any_of(clients_,
                             [&](const Client& client) { return client.stream == stream; });
}

bool StreamModel::IsOn(const std::string& stream) const {
  return std::ranges::any_of(
      clients_, [&](const Client& client) { return client.stream == stream && client.sends; });
}

template <typename Change>
void StreamModel::Apply(const Change& change) {
  std::set<std::string> were_on;
  for (const auto& [name, stream] : streams_) {
    if (IsOn(name)) were_on.insert(name);
  }
  change();
  for (auto& [name, stream] : streams_) {
    if (IsOn(name) && !were_on.contains(name)) stream.on = 0ms;
  }
}

StreamModel::Client* StreamModel::Find(std::string_view id) {
  const auto found = std::ranges::find(clients_, id, &Client::id);
  return found == clients_.end() ? nullptr : &*found;
}

bool StreamModel::HasEnded(const std::string& id, Age within) const {
  const auto found = ended_.find(id);
  return found != ended_.end() && found->second <= within;
}

std::optional<StreamDropReason> StreamModel::Reason(const std::string& stream,
                                                    const StreamSignature& signature,
                                                    Age known) const {
  if (guard_.IsBanned(stream, signature.binding ? &*signature.binding : nullptr)) {
    return StreamDropReason::kBanned;
  }
  const auto until = guard_.RevokedUntil(stream);
  if (!until) return std::nullopt;
  if (signature.signed_until && *signature.signed_until > *until) return std::nullopt;
  const bool may_show_a_newer_one = !signature.is_authentic() && known < options_.confirm_ttl;
  if (may_show_a_newer_one) return std::nullopt;
  return StreamDropReason::kRevoked;
}

StreamModel::Client* StreamModel::Add(const std::string& stream, const std::string& id) {
  if (!streams_.contains(stream) && streams_.size() >= options_.max_streams) {
    std::erase_if(streams_, [this](const auto& entry) {
      return !HasClients(entry.first) && !guard_.IsClaimed(entry.first);
    });
    if (streams_.size() >= options_.max_streams) return nullptr;
  }
  Stream& added = streams_[stream];
  if (!HasClients(stream)) added.unclaimed = 0ms;
  const std::vector<std::string> others = ClientsOf(stream);
  if (others.size() == StreamTable::kMaxClients) {
    const auto unseen = [this](const std::string& other) { return Find(other)->unseen; };
    const std::string given_up = *std::ranges::max_element(others, {}, unseen);
    std::erase_if(clients_, [&](const Client& client) { return client.id == given_up; });
  }
  ended_.erase(id);
  clients_.push_back({.stream = stream, .id = id});
  See(clients_.back());
  return &clients_.back();
}

bool StreamModel::Remove(std::string_view id) {
  const Client* const client = Find(id);
  if (client == nullptr) return false;
  if (client->sends) streams_[client->stream].quiet = 0ms;
  std::erase_if(clients_, [&](const Client& one) { return one.id == id; });
  return true;
}

void StreamModel::See(Client& client) {
  client.unseen = 0ms;
  if (client.sends) streams_[client.stream].quiet = 0ms;
}

void StreamModel::TakeMedia(Client& client, std::optional<std::int64_t> media_ms) {
  if (!media_ms) return;
  if (client.media_ms != media_ms) {
    client.media_ms = media_ms;
    client.media_still = 0ms;
    client.sends = true;
  } else if (client.media_still >= 1s) {
    client.sends = false;
  }
}

StreamModel::Published StreamModel::Publish(const StreamCall& call) {
  const std::string stream(call.stream);
  const std::string id(call.client);
  if (!IsStreamName(stream) || id.empty()) return {.verdict = PublishVerdict::kBadName};
  if (call.signature.state != StreamSignatureState::kGood) {
    return {.verdict = PublishVerdict::kBadSignature};
  }
  const auto reason = Reason(stream, call.signature, 0ms);
  if (reason == StreamDropReason::kBanned) return {.verdict = PublishVerdict::kBanned};
  if (reason == StreamDropReason::kRevoked) return {.verdict = PublishVerdict::kRevoked};
  Published published{.verdict = PublishVerdict::kTooManyStreams};
  Apply([&] { Remove(id); });
  std::vector<std::string> others = ClientsOf(stream);
  Apply([&] {
    Client* const added = Add(stream, id);
    if (added == nullptr) return;
    added->signature = call.signature;
    published = {.verdict = PublishVerdict::kAccepted, .drops = std::move(others)};
  });
  return published;
}

UpdateVerdict StreamModel::Update(const StreamCall& call, std::optional<std::int64_t> media_ms) {
  const std::string stream(call.stream);
  const std::string id(call.client);
  if (Client* const known = Find(id)) {
    if (!known->signature.is_authentic() && call.signature.is_authentic() &&
        stream == known->stream) {
      known->signature = call.signature;
    }
    Apply([&] {
      TakeMedia(*known, media_ms);
      See(*known);
      streams_[known->stream].is_updated = true;
    });
    const bool is_refused = Reason(known->stream, known->signature, known->known).has_value();
    return is_refused ? UpdateVerdict::kCut : UpdateVerdict::kGoOn;
  }
  if (!IsStreamName(stream) || id.empty() || !call.signature.is_authentic()) {
    return UpdateVerdict::kGoOn;
  }
  if (Reason(stream, call.signature, 0ms)) return UpdateVerdict::kCut;
  if (HasEnded(id, StreamTable::kLateCalls)) return UpdateVerdict::kGoOn;
  Apply([&] {
    Client* const added = Add(stream, id);
    if (added == nullptr) return;
    added->signature = call.signature;
    streams_[stream].is_updated = true;
    TakeMedia(*added, media_ms);
  });
  return UpdateVerdict::kGoOn;
}

void StreamModel::Ended(const std::string& client) {
  if (Remove(client) && ended_.size() < options_.max_streams) ended_[client] = 0ms;
}

void StreamModel::Poll(const std::vector<StreamClient>& listed, Age late, bool is_new_life) {
  is_away_ = false;
  if (is_new_life) since_restart_ = 0ms;
  for (const StreamClient& one : listed) {
    Client* const known = Find(one.client);
    if (known != nullptr && known->stream == one.stream) {
      See(*known);
    } else if (known != nullptr && known->known > late) {
      Apply([&] { Remove(one.client); });
      Apply([&] { Add(one.stream, one.client); });
    } else if (known == nullptr && !HasEnded(one.client, late)) {
      Apply([&] { Add(one.stream, one.client); });
    }
  }
  RemoveStale();
}

void StreamModel::RemoveStale() {
  std::erase_if(clients_,
                [&](const Client& client) { return client.unseen > options_.confirm_ttl; });
}

std::map<std::string, StreamDropReason> StreamModel::Sweep() {
  std::set<std::string> had_clients;
  for (const Client& client : clients_) had_clients.insert(client.stream);
  if (!options_.is_polled) RemoveStale();
  std::erase_if(streams_, [&](const auto& entry) {
    return had_clients.contains(entry.first) && !HasClients(entry.first) &&
           !entry.second.is_updated;
  });
  std::erase_if(ended_, [](const auto& ended) { return ended.second > StreamTable::kLateCalls; });
  std::map<std::string, StreamDropReason> drops;
  for (auto& [name, stream] : streams_) {
    const bool is_claimed = guard_.IsClaimed(name);
    if (is_claimed) stream.unclaimed.reset();
    if (!is_claimed && !stream.unclaimed) stream.unclaimed = 0ms;
    for (const Client& client : clients_) {
      if (client.stream != name) continue;
      if (const auto reason = Reason(name, client.signature, client.known)) {
        drops[client.id] = *reason;
      } else if (!is_claimed && *stream.unclaimed >= options_.unclaimed_ttl) {
        drops[client.id] = StreamDropReason::kUnclaimed;
      }
    }
  }
  std::erase_if(streams_, [this](const auto& entry) {
    return !HasClients(entry.first) && !guard_.IsClaimed(entry.first) &&
           OffFor(entry.second) >= StreamTable::kOffIsKept;
  });
  return drops;
}

StreamModel::Media StreamModel::MediaOf(const std::string& stream) const {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return {.state = StreamPhase::kNone, .is_confirmed = !is_away_};
  if (!IsOn(stream)) {
    return {.state = StreamPhase::kOff, .age = OffFor(found->second), .is_confirmed = !is_away_};
  }
  const bool is_confirmed = std::ranges::any_of(clients_, [&](const Client& client) {
    return client.stream == stream && client.sends && client.unseen <= options_.confirm_ttl;
  });
  return {.state = StreamPhase::kOn, .age = found->second.on, .is_confirmed = is_confirmed};
}

std::vector<std::string> StreamModel::ClientsOf(const std::string& stream) const {
  std::vector<std::string> ids;
  for (const Client& client : clients_) {
    if (client.stream == stream) ids.push_back(client.id);
  }
  return ids;
}

}  // namespace rtcroom
