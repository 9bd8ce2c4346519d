// The sessions of browsers that publish (WHIP) and play (WHEP).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/random_source.h"
#include "daemon/base/sip_hash.h"
#include "daemon/base/tally.h"
#include "daemon/base/token_bucket.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/stream_liveness.h"
#include "daemon/core/viewer_leases.h"
#include "daemon/core/web_grants.h"
#include "daemon/core/web_worker.h"
#include "daemon/core/web_worker_pool.h"

namespace rtcroom {

struct WebSessionLimits {
  std::size_t per_worker = 64;
  std::size_t per_user = 16;  ///< twice as many offers at once, and one a second
  std::size_t per_address = 64;
};

struct WebSessionOffer {
  WebDirection direction = WebDirection::kPublish;
  WebStreamName name{};
  std::string query{};    ///< query of the address, as it came
  std::string address{};  ///< the client's, numeric
  std::string sdp{};
};

struct WebAnswer {
  WebOpenOutcome outcome = WebOpenOutcome::kFailed;
  std::string session{};  ///< ID with kOpened: 40 hexadecimal digits, which permit to end it
  std::string text{};     ///< answer with kOpened; else perhaps what is wrong, for the client
  RoomKey room{};         ///< room with kOpened
  UserId user_id{};       ///< user with kOpened
};

/// Counts of this moment.
struct WebCounts {
  std::size_t publishing = 0;
  std::size_t playing = 0;
  std::size_t workers = 0;
  WebUsage usage{};  ///< usage of all workers together, as they told it last
};

struct WebTallies {
  Tally offers{};  ///< counts by `WebDirectionName` and `WebOpenOutcomeName`
  Tally ends{};    ///< counts by `WebEndReasonName`
  Tally key_requests{};
  /// Times that a session began to play the sound alone: browsers cannot play the pictures.
  Tally without_pictures{};
};

/// The sessions of workers, each with its user and room. A session ends with the right to it: each
/// removal of its user from the room, a ban and a revocation close it before the call that caused
/// them is answered. A change of a room without sessions costs one look-up.
///
/// Log lines have the first digits of a session's ID: the whole is the right to end it.
///
/// @threads safe from any thread. No lock is held while the store is read or a caller is answered.
class WebSessions : public CommitListener, public OnAirListener {
 public:
  /// Called when a session ends that its client has not ended. It is quick.
  using OnEnd = std::function<void(const WebSession&, WebEndReason)>;
  /// All of it outlives this object.
  struct Deps {
    WebRights rights;
    const WebSignatures& signatures;
    WebTallies& tallies;
    const Clock& clock;
    RandomSource& random;
    Logger& logger;
    std::string app = "live";  ///< that phones publish to
    OnEnd on_end = [](const WebSession&, WebEndReason) {};
    /// Gets the time from an offer until its browser is connected. This and the next are called
    /// with the lock held, from any thread, and return at once.
    std::function<void(std::chrono::nanoseconds)> on_connected = [](std::chrono::nanoseconds) {};
    /// Gets the share of lost packets with each report of figures.
    std::function<void(double)> on_loss = [](double) {};
    /// Gets a sign when a session to play ends: a look at who is there finds none from then on.
    /// Null: none.
    ViewerLeases* viewers = nullptr;
  };
  WebSessions(Deps deps, const WebSessionLimits& limits)
      : deps_(std::move(deps)), limits_(limits) {}

  using Done = std::function<void(const WebAnswer&)>;
  /// Opens a session.
  /// @param done  called exactly once, from any thread: before this returns, or within the 3 s that
  ///              a worker has to answer. It is quick.
  /// @threads may read the store.
  void Open(const WebSessionOffer& offer, Done done) EXCLUDES(mutex_);
  /// Ends a session on behalf of its client.
  /// @return false: there is none.
  bool Delete(std::string_view session) EXCLUDES(mutex_);
  [[nodiscard]] bool Has(std::string_view session) const EXCLUDES(mutex_);

  /// A worker has called. The sessions that it serves go on if their users may still have them, the
  /// others are closed, now or once the store can be asked. A session whose offer waits is closed,
  /// too, since its answer is lost: the client offers anew.
  void Attach(const WebWorkerPtr& worker, std::size_t max_sessions, std::vector<WebSession> running)
      EXCLUDES(mutex_);
  /// Its call has ended, and with it its sessions.
  void Detach(const WebWorkerLink& worker) EXCLUDES(mutex_);
  void OnOpened(WebWorkerLink& worker, std::string_view session, std::string answer)
      EXCLUDES(mutex_);
  /// The worker has ended a session, or refuses an offer. If it refuses because it is full, the
  /// next worker is asked.
  /// @param text  for the client whose offer it is.
  void OnEnded(const WebWorkerLink& worker, std::string_view session, WebEndReason reason,
               WebOpenOutcome outcome = WebOpenOutcome::kFailed, std::string text = {})
      EXCLUDES(mutex_);
  void OnFigures(const WebWorkerLink& worker, std::string_view session, const WebFigures& figures)
      EXCLUDES(mutex_);
  void OnUsage(const WebWorkerLink& worker, const WebUsage& usage) EXCLUDES(mutex_);
  /// Answers the offers that wait, and takes up no more. The sessions of the workers go on.
  void Stop() EXCLUDES(mutex_);

  void OnCommit(const Committed& committed) noexcept override EXCLUDES(mutex_);
  void OnAir(std::string_view stream, bool is_on) noexcept override EXCLUDES(mutex_);
  /// The session that publishes the stream ends.
  void OnPhone(std::string_view stream) noexcept override EXCLUDES(mutex_);

  /// Answers offers that no worker has answered in time, and tells workers what is wanted. For one
  /// thread, to be called when `changes` is raised, and when it says.
  /// @return when to call it again at the latest.
  MonotonicTime Round() EXCLUDES(mutex_);
  CommitSignal& changes() { return changes_; }
  /// Checks what workers say they serve. It is for another thread, as `Round` must not wait for a
  /// slow store, to be called when `arrivals` is raised, and when it says.
  /// @threads may read the store.
  MonotonicTime CheckRestored() EXCLUDES(mutex_);
  CommitSignal& arrivals() { return arrivals_; }

  /// The figures of the session with which that member publishes.
  [[nodiscard]] std::optional<WebFigures> FiguresOf(const RoomKey& room,
                                                    const UserId& user_id) const EXCLUDES(mutex_);
  /// Whether a session of that user plays a stream of the room.
  [[nodiscard]] bool Plays(const RoomKey& room, const UserId& user_id) const EXCLUDES(mutex_);
  [[nodiscard]] WebCounts Count() const EXCLUDES(mutex_);

 private:
  /// Work to do without the lock. An object that is declared before the lock runs it all once the
  /// lock is released.
  class Effects {
   public:
    Effects() = default;
    ~Effects() {
      for (const auto& effect : all_) effect();
    }
    Effects(const Effects&) = delete;
    Effects& operator=(const Effects&) = delete;
    void Add(std::function<void()> effect) { all_.push_back(std::move(effect)); }

   private:
    std::vector<std::function<void()>> all_;
  };
  struct Refusal {
    WebOpenOutcome outcome = WebOpenOutcome::kFailed;
    std::string reason{};
  };
  using Sessions = std::unordered_map<std::string, WebSession, NameHash, std::equal_to<>>;

  /// @param id  of the new session.
  /// @return why there is none, and then `done` is left as it is.
  std::optional<Refusal> Begin(const WebSessionOffer& offer, const WebGrant& grant,
                               const RoomKey& room, const std::string& id, Done& done)
      EXCLUDES(mutex_);
  /// Asks another worker to answer an offer that waits.
  /// @return false: there is none.
  bool AskNextLocked(WebSession& session) REQUIRES(mutex_);
  void AddLocked(WebSession session) REQUIRES(mutex_);
  /// Null: there is none with that ID at that worker.
  WebSession* FindLocked(const WebWorkerLink& worker, std::string_view id) REQUIRES(mutex_);
  /// @param outcome  for an offer that waits; nullopt: what follows from the reason.
  void EndLocked(Sessions::iterator session, WebEndReason reason, Effects& effects,
                 std::optional<WebOpenOutcome> outcome = std::nullopt, std::string text = {})
      REQUIRES(mutex_);
  /// Ends the sessions for which `is_over`.
  void EndIfLocked(const std::function<bool(const WebSession&)>& is_over, WebEndReason reason,
                   Effects& effects) REQUIRES(mutex_);
  void ApplyLocked(const RoomEvent& event, Effects& effects) REQUIRES(mutex_);
  void WantKeepLocked() REQUIRES(mutex_);
  void SendKeepsLocked() REQUIRES(mutex_);
  void Log(std::string_view event, const WebSession& session) const;
  void CountOffer(WebDirection direction, WebOpenOutcome outcome) const {
    deps_.tallies.offers.Count(WebDirectionName(direction), WebOpenOutcomeName(outcome));
  }
  void ReportEnd(const WebSession& session, WebEndReason reason) const;

  const Deps deps_;
  const WebSessionLimits limits_;
  CommitSignal changes_;
  CommitSignal arrivals_;
  mutable Mutex mutex_;
  Sessions sessions_ GUARDED_BY(mutex_);
  std::map<RoomKey, std::size_t> rooms_ GUARDED_BY(mutex_);  ///< sessions of each
  WebWorkerPool workers_ GUARDED_BY(mutex_);
  /// Sessions to play that a worker says it serves, and that are not checked yet.
  std::map<std::string, WebGrant> restored_ GUARDED_BY(mutex_);
  /// Users that made offers lately.
  std::unordered_map<UserId, TokenBucket> offers_ GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> on_air_ GUARDED_BY(mutex_);
  std::uint64_t bans_seen_ GUARDED_BY(mutex_) = 0;  ///< `BanList::puts` at the last check
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  bool needs_keep_ GUARDED_BY(mutex_) = false;
  MonotonicTime next_keep_ GUARDED_BY(mutex_){};
};

}  // namespace rtcroom
