#include "daemon/media/srs_players.h"

#include <set>
#include <utility>

#include "daemon/media/media_call.h"
#include "daemon/media/srs_api.h"

namespace rtcroom {

void SrsPlayers::Play(const WebSessionOffer& offer, WebSessions::Done done) {
  const std::string& client = offer.sdp;
  if (const auto refused = Begin(client)) return done({.outcome = *refused});
  deps_.sessions.Open(offer, std::move(done));
  const std::string session = SessionOf(client);
  if (!session.empty()) return deps_.sessions.OnOpened(*this, session, {});
  const MutexLock lock(mutex_);
  players_.erase(client);
}

std::optional<WebOpenOutcome> SrsPlayers::Begin(const std::string& client) {
  const MutexLock lock(mutex_);
  if (players_.size() >= kMaxPlayers) return WebOpenOutcome::kFull;
  // One that offers again on its connection gets no other ID, and SRS would disconnect only the
  // later of the two players.
  const bool is_new = players_.try_emplace(client, Player{.since = deps_.clock.Monotonic()}).second;
  return is_new ? std::nullopt : std::optional(WebOpenOutcome::kNotAllowed);
}

void SrsPlayers::Open(const WebSession& session) {
  const std::string& client = session.offer;
  const MutexLock lock(mutex_);
  Player& player = players_[client];
  clients_.erase(player.session);
  player = {.session = session.id, .stream = session.name.stream, .since = deps_.clock.Monotonic()};
  clients_.emplace(session.id, client);
}

void SrsPlayers::Close(std::string_view session, std::string_view /*reason*/) {
  const MutexLock lock(mutex_);
  const auto closed = clients_.find(session);
  if (closed == clients_.end()) return;
  Player& player = players_.find(closed->second)->second;
  player.is_over = true;
  player.since = deps_.clock.Monotonic();
  deps_.removals.Raise();
}

std::vector<StreamDrop> SrsPlayers::Sweep() const {
  const MutexLock lock(mutex_);
  std::vector<StreamDrop> drops;
  for (const auto& [client, player] : players_) {
    if (!player.is_over) continue;
    drops.push_back({.client = {.stream = player.stream, .client = client},
                     .reason = StreamDropReason::kEvicted});
  }
  return drops;
}

void SrsPlayers::Dropped(std::string_view client) {
  const MutexLock lock(mutex_);
  const auto dropped = players_.find(client);
  // One that plays on was dropped as a publisher that has the same ID.
  if (dropped == players_.end() || !dropped->second.is_over) return;
  clients_.erase(dropped->second.session);
  players_.erase(dropped);
}

Status SrsPlayers::Poll(std::chrono::milliseconds timeout) {
  {
    const MutexLock lock(mutex_);
    if (players_.empty()) return {};
  }
  const MonotonicTime asked_at = deps_.clock.Monotonic();
  const auto clients = MakeMediaCall([&]() -> Result<std::set<std::string>> {
    Result<OutgoingReply> reply =
        deps_.http.Send(options_.base_url, SrsClientsCall(options_), timeout);
    if (!reply) return reply.error();
    return ReadSrsClients(*std::move(reply));
  });
  if (!clients) return clients.error();
  std::vector<std::string> ended;
  {
    const MutexLock lock(mutex_);
    std::erase_if(players_, [&](const auto& entry) REQUIRES(mutex_) {
      const auto& [client, player] = entry;
      const bool is_gone = !clients->contains(client) && player.since + kStart <= asked_at;
      if (is_gone && !player.is_over) ended.push_back(player.session);
      if (is_gone) clients_.erase(player.session);
      return is_gone;
    });
  }
  for (const std::string& session : ended) {
    deps_.sessions.OnEnded(*this, session, WebEndReason::kDeleted);
  }
  return {};
}

std::string SrsPlayers::SessionOf(std::string_view client) const {
  const MutexLock lock(mutex_);
  const auto found = players_.find(client);
  return found == players_.end() ? std::string() : found->second.session;
}

}  // namespace rtcroom
