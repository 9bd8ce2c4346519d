#include "daemon/media/srs_players.h"

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/media/media_call.h"
#include "daemon/media/srs_api.h"

namespace rtcroom {

void SrsPlayers::Play(const WebSessionOffer& offer, WebSessions::Done done) {
  const std::string& client = offer.sdp;
  // One that offers again on its connection gets no other ID, and SRS would disconnect only the
  // later of the two players.
  if (!SessionOf(client).empty()) return done({.outcome = WebOpenOutcome::kNotAllowed});
  deps_.sessions.Open(offer, std::move(done));
  const std::string session = SessionOf(client);
  if (!session.empty()) deps_.sessions.OnOpened(*this, session, {});
}

void SrsPlayers::Open(const WebOpening& opening) {
  const MutexLock lock(mutex_);
  players_.emplace(opening.session, Player{.client = {.stream = opening.name.stream,
                                                      .client = std::string(opening.offer)},
                                           .since = deps_.clock.Monotonic()});
}

void SrsPlayers::Close(std::string_view session, std::string_view /*reason*/) {
  const MutexLock lock(mutex_);
  const auto closed = players_.find(session);
  if (closed == players_.end()) return;
  closed->second.is_over = true;
  closed->second.since = deps_.clock.Monotonic();
  deps_.removals.Raise();
}

std::vector<StreamDrop> SrsPlayers::Sweep() const {
  const MutexLock lock(mutex_);
  std::vector<StreamDrop> drops;
  for (const auto& [session, player] : players_) {
    if (!player.is_over) continue;
    drops.push_back({.client = player.client, .reason = StreamDropReason::kEvicted});
  }
  return drops;
}

void SrsPlayers::Dropped(std::string_view client) {
  const MutexLock lock(mutex_);
  std::erase_if(players_, [&](const auto& entry) { return entry.second.client.client == client; });
}

void SrsPlayers::Poll(std::chrono::milliseconds timeout) {
  {
    const MutexLock lock(mutex_);
    if (players_.empty()) return;
  }
  const MonotonicTime asked_at = deps_.clock.Monotonic();
  const auto clients = MakeMediaCall([&]() -> Result<std::set<std::string>> {
    Result<OutgoingReply> reply =
        deps_.http.Send(options_.base_url, SrsClientsCall(options_), timeout);
    if (!reply) return reply.error();
    return ReadSrsClients(*std::move(reply));
  });
  if (!clients) return;
  std::vector<std::string> ended;
  {
    const MutexLock lock(mutex_);
    std::erase_if(players_, [&](const auto& entry) {
      const auto& [session, player] = entry;
      const bool is_gone =
          !clients->contains(player.client.client) && player.since + kStart <= asked_at;
      if (is_gone && !player.is_over) ended.push_back(session);
      return is_gone;
    });
  }
  for (const std::string& session : ended) {
    deps_.sessions.OnEnded(*this, session, WebEndReason::kDeleted);
  }
}

std::string SrsPlayers::SessionOf(std::string_view client) const {
  const MutexLock lock(mutex_);
  const auto found = std::ranges::find_if(
      players_, [&](const auto& entry) { return entry.second.client.client == client; });
  return found == players_.end() ? std::string() : found->first;
}

}  // namespace rtcroom
