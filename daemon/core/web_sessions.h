// The sessions of browsers that publish (WHIP) and play (WHEP).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/random_source.h"
#include "daemon/base/token_bucket.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/stream_liveness.h"
#include "daemon/core/web_grants.h"
#include "daemon/core/web_pulls.h"
#include "daemon/core/web_session_reports.h"
#include "daemon/core/web_session_table.h"
#include "daemon/core/web_worker.h"
#include "daemon/core/web_worker_set.h"

namespace rtcroom {

struct WebSessionLimits {
  std::size_t per_worker = 64;
  std::size_t per_user = 16;  ///< twice as many offers at once, and one a second
  std::size_t per_address = 64;
  /// A worker has this long to answer.
  std::chrono::milliseconds answer_within = std::chrono::seconds(3);
  std::chrono::milliseconds keep_every = std::chrono::seconds(15);
};

struct WebSessionOffer {
  WebGrant grant{};          ///< not expired
  std::string rtmp_query{};  ///< to publish: of the address, as it came
  std::string address{};     ///< of the client, numeric
  std::string sdp{};
};

/// Totals of this moment.
struct WebCounts {
  std::size_t publishing = 0;
  std::size_t playing = 0;
  std::size_t workers = 0;
};

/// Which worker has which session, of which user in which room. A session ends with the right to
/// it: each removal of its user from the room, a ban and a revocation close it before the call that
/// caused them is answered. A change of a room costs the sessions that it concerns.
///
/// @threads safe from any thread. No lock is held while the store is read or a caller is answered.
class WebSessions : public CommitListener, public OnAirListener {
 public:
  /// All of it outlives this object.
  struct Deps {
    RoomStore& rooms;
    const WebRights& rights;
    const WebSignatures& signatures;
    const StreamClaims& claims;
    const BanList& bans;
    const StreamUrlSigner& streams;
    WebObserver& observer;
    const Clock& clock;
    RandomSource& random;
    Logger& logger;
    std::string app = "live";                                          ///< that phones publish to
    std::function<void(const WebEnd&)> on_end = [](const WebEnd&) {};  ///< quick
  };
  WebSessions(Deps deps, const WebSessionLimits& limits);

  using Done = WebAnswerDone;
  /// Opens a session.
  /// @param done  called exactly once, from any thread: before this returns, or within
  ///              `answer_within`. It is quick.
  /// @threads may read the store.
  void Open(const WebSessionOffer& offer, Done done) EXCLUDES(mutex_);
  /// Ends a session on behalf of its client.
  /// @return false: there is none.
  bool Delete(std::string_view session) EXCLUDES(mutex_);
  [[nodiscard]] bool Has(std::string_view session) const EXCLUDES(mutex_);

  /// A worker has called. The sessions that it serves go on if their users may still have them, the
  /// others are closed; so is one whose offer waits, since its answer is lost: the client offers
  /// anew.
  /// @threads may read the store.
  void Attach(const WebWorkerPtr& worker, std::size_t max_sessions,
              std::span<const WebRunning> running) EXCLUDES(mutex_);
  /// Its call has ended, and with it its sessions.
  void Detach(const WebWorkerLink& worker) EXCLUDES(mutex_);
  void OnOpened(const WebWorkerLink& worker, std::string_view session, std::string answer)
      EXCLUDES(mutex_);
  /// @param text  for the client.
  void OnRefused(const WebWorkerLink& worker, std::string_view session, WebOpenOutcome outcome,
                 std::string text) EXCLUDES(mutex_);
  void OnEnded(const WebWorkerLink& worker, std::string_view session, WebEndReason reason)
      EXCLUDES(mutex_);
  void OnFigures(const WebWorkerLink& worker, std::span<const WebSessionFigures> figures)
      EXCLUDES(mutex_);

  /// The server stops: waiting offers are answered, later ones refused, and sessions go on without
  /// it.
  void Stop() EXCLUDES(mutex_);

  void OnCommit(const Committed& committed) noexcept override EXCLUDES(mutex_);
  void OnAir(std::string_view stream, bool is_on) noexcept override EXCLUDES(mutex_);
  void OnPartial(std::span<const PartialStream> /*streams*/) noexcept override {}
  void OnListed() noexcept override {}

  /// Answers offers that no worker has answered in time, and tells workers what is wanted. For one
  /// thread, to be called when `changes` is raised, and when it says.
  /// @return when to call it again at the latest.
  /// @threads may read the store.
  MonotonicTime Round() EXCLUDES(mutex_);
  CommitSignal& changes() { return changes_; }

  /// The figures of the session with which that member publishes.
  [[nodiscard]] std::optional<WebFigures> FiguresOf(const RoomKey& room,
                                                    const UserId& user_id) const EXCLUDES(mutex_);
  [[nodiscard]] WebCounts Count() const EXCLUDES(mutex_);

 private:
  using Ids = WebSessionTable::Ids;
  /// What is to be done without the lock.
  using Effects = std::vector<std::function<void()>>;
  static void Apply(const Effects& effects) {
    for (const auto& effect : effects) effect();
  }
  /// @return its ID; otherwise why not, and then `done` is left as it is.
  Result<std::string> AddLocked(const WebSessionOffer& offer, const RoomKey& room, Done& done,
                                WebOpenOutcome& outcome) REQUIRES(mutex_);
  void SendOpenLocked(const std::string& id, const WebSessionOffer& offer, Effects& effects)
      REQUIRES(mutex_);
  [[nodiscard]] bool AdmitLocked(const UserId& user_id, MonotonicTime now) REQUIRES(mutex_);
  /// Null: there is none with that ID at that worker.
  WebSession* FindLocked(const WebWorkerLink& worker, std::string_view id) REQUIRES(mutex_);
  enum class Tell : std::uint8_t { kWorker, kNobody };
  /// How it ends, for an offer that waits, and for a session.
  struct Ending {
    WebEndReason reason = WebEndReason::kRemoved;
    Tell tell = Tell::kWorker;
    WebOpenOutcome outcome = WebOpenOutcome::kNotAllowed;
    std::string text{};
  };
  void EndLocked(std::string_view id, const Ending& ending, Effects& effects) REQUIRES(mutex_);
  void EndAllLocked(const Ids& ids, const Ending& ending, Effects& effects) REQUIRES(mutex_);
  /// Ends those of the sessions for which `is_over`.
  void EndIfLocked(const Ids& ids, WebEndReason reason,
                   const std::function<bool(const WebSession&)>& is_over, Effects& effects)
      REQUIRES(mutex_);
  void EndBannedLocked(Effects& effects) REQUIRES(mutex_);
  void EndLateLocked(MonotonicTime now, Effects& effects) REQUIRES(mutex_);
  void ApplyLocked(const RoomEvent& event, Effects& effects) REQUIRES(mutex_);
  void SendKeepsLocked(MonotonicTime now) REQUIRES(mutex_);
  [[nodiscard]] MonotonicTime NextRoundLocked() const REQUIRES(mutex_);
  /// Reads the streams of the rooms that have changed.
  void ReadRooms() EXCLUDES(mutex_);

  const Deps deps_;
  const WebSessionReports reports_;
  const WebSessionLimits limits_;
  CommitSignal changes_;
  mutable Mutex mutex_;
  WebSessionTable table_ GUARDED_BY(mutex_);
  WebWorkerSet workers_ GUARDED_BY(mutex_);
  /// Users that made offers lately.
  std::unordered_map<UserId, TokenBucket> offers_ GUARDED_BY(mutex_);
  WebPulls pulls_ GUARDED_BY(mutex_);
  std::uint64_t bans_seen_ GUARDED_BY(mutex_) = 0;  ///< `BanList::puts` at the last check
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  bool needs_keep_ GUARDED_BY(mutex_) = false;
  MonotonicTime next_keep_ GUARDED_BY(mutex_){};
};

}  // namespace rtcroom
