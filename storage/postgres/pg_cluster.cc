#include "storage/postgres/pg_cluster.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "storage/postgres/pg_new_types.h"
#include "storage/postgres/pg_silence.h"
#include "storage/postgres/pg_text.h"
#include "storage/postgres/schema.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

/// The database's clock is set while it runs: heartbeats that it dated before prove nothing.
constexpr std::int64_t kJumpMs = 1000;

constexpr std::string_view kSelect = "SELECT ";
constexpr PgStatement kNow{"cluster_now", kPgText<kSelect, kPgNowMs>};
// The link is that of the writing connection, which sets it; 0 is none.
// Rounds are 0 where it has reported nothing since it entered last.
constexpr PgStatement kEnter{"cluster_enter",
                             "INSERT INTO nodes (node, link, version, name, config_hash)"
                             " VALUES ($1, 0, $4, $2, $3) ON CONFLICT (node) DO UPDATE"
                             " SET name = excluded.name, config_hash = excluded.config_hash"
                             " RETURNING rounds"};
// Divides by zero when the others have declared this node gone.
constexpr PgStatement kNextRound{
    "cluster_next_round",
    "WITH u AS (UPDATE nodes SET rounds = rounds + 1 WHERE node = $1 RETURNING node),"
    " r AS (INSERT INTO reports (node, applied, clock_ms) SELECT u.node, $2, $3 FROM u"
    " ON CONFLICT (node) DO UPDATE SET applied = excluded.applied, clock_ms = excluded.clock_ms)"
    " SELECT 1 / count(*) FROM u"};
constexpr std::string_view kInsertLife = "INSERT INTO beat_life (floor_ms) VALUES (";
constexpr std::string_view kKeepLife = ") ON CONFLICT (only_row) DO NOTHING";
constexpr std::string_view kSetFloor = ") ON CONFLICT (only_row) DO UPDATE SET floor_ms = ";
// The tables of heartbeats were emptied: all pushers have a timeout from here on.
constexpr PgStatement kBeginLife{"cluster_begin_life", kPgText<kInsertLife, kPgNowMs, kKeepLife>};
// Heartbeats and signs of the future were dated before the clock was set back. They would keep
// silent pushers until that time has come. Reports by such a time are void, too: no pusher is
// silent until all nodes have reported anew.
constexpr std::string_view kForgetFuture = "WITH f AS (DELETE FROM beats WHERE at_ms > ";
constexpr std::string_view kForgetSigns = "), s AS (DELETE FROM media_signs WHERE at_ms > ";
constexpr std::string_view kForgetTold = "), t AS (DELETE FROM told) ";
constexpr PgStatement kMoveFloor{
    "cluster_move_floor", kPgText<kForgetFuture, kPgNowMs, kForgetSigns, kPgNowMs, kForgetTold,
                                  kInsertLife, kPgNowMs, kSetFloor, kPgNowMs>};
constexpr PgStatement kNodes{"cluster_nodes",
                             "SELECT n.node, n.rounds, t.through_ms, n.name, n.config_hash,"
                             " r.clock_ms, n.version FROM nodes n"
                             " LEFT JOIN told t ON t.node = n.node"
                             " LEFT JOIN reports r ON r.node = n.node"};
constexpr PgStatement kLeftReports{
    "cluster_left_reports",
    "SELECT node FROM reports r WHERE NOT EXISTS (SELECT 1 FROM nodes n WHERE n.node = r.node)"};
// A node that comes back at the same moment reports again with its next round.
constexpr PgStatement kRemoveLeftReport{
    "cluster_remove_left_report",
    "DELETE FROM reports WHERE node = $1"
    " AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.node = reports.node)"};
constexpr PgStatement kGiveUp{
    "cluster_give_up",
    "WITH d AS (DELETE FROM nodes WHERE node = $1 AND rounds = $2 RETURNING node),"
    " t AS (DELETE FROM told USING d WHERE told.node = d.node) SELECT count(*) FROM d"};
constexpr PgStatement kLeaveNodes{"cluster_leave", "DELETE FROM nodes WHERE node = $1"};
constexpr PgStatement kLeaveTold{"cluster_leave_told", "DELETE FROM told WHERE node = $1"};
constexpr PgStatement kLeaveReport{"cluster_leave_report", "DELETE FROM reports WHERE node = $1"};

constexpr PgStatement kOfRenewals[] = {kNow,        kEnter,        kNextRound,   kBeginLife,
                                       kMoveFloor,  kPgLimitBeats, kPgPutBeats,  kPgPutSigns,
                                       kPgTold,     kNodes,        kLeftReports, kPgDutyRows,
                                       kGiveUp,     kPgClaimDuty,  kPgYieldDuty, kRemoveLeftReport,
                                       kLeaveNodes, kLeaveTold,    kLeaveReport};
constexpr PgStatement kOfOthers[] = {kPgSilent, kPgReadMediaOff, kPgRemoveLeftBeats,
                                     kPgRemoveLeftSigns, kPgListNodes};

std::int64_t ToMs(MonotonicTime time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

PgCluster::PgCluster(const PgAddress& address, const Options& options, NodeLease& lease,
                     const Clock& clock)
    : options_(options),
      lease_(lease),
      clock_(clock),
      others_(address, options.OfReads(kOfOthers), clock),
      claims_(address, {.node = options.node, .patience = options.patience, .pace = options.pace},
              clock),
      connection_(address, {.statements = kOfRenewals}, clock),
      beats_(options.node, options.patience, clock) {}

std::vector<PgStatement> PgCluster::Statements() {
  return JoinStatements({kOfRenewals, kOfOthers, PgClaims::Statements()});
}

PgCluster::Place PgCluster::place() const {
  const MutexLock lock(mutex_);
  return place_;
}

void PgCluster::SetConfigHash(const std::string& hash) {
  const MutexLock lock(mutex_);
  place_.config_hash = hash;
}

void PgCluster::EnteredWith(const std::optional<std::string>& config_hash) {
  const MutexLock lock(mutex_);
  place_.entered_with = config_hash;
}

void PgCluster::WantFloor() {
  const MutexLock lock(mutex_);
  ++place_.floor.wanted;
}

void PgCluster::MovedFloor(std::uint64_t wanted) {
  const MutexLock lock(mutex_);
  place_.floor.done = std::max(place_.floor.done, wanted);
}

Result<NodeStanding> PgCluster::Renew() {
  const MonotonicTime deadline = Deadline();
  const BootTime began = lease_.Now();
  // Heartbeats were refused meanwhile.
  if (has_renewed_ && lease_.IsCutOff()) WantFloor();
  if (!connection_.connected()) {
    EnteredWith(std::nullopt);  // it may be another server, with another clock
    const Status connected = connection_.Connect(deadline);
    if (options_.pace.observer != nullptr) {
      options_.pace.observer->OnConnect(PgConnectOutcome(connected, connection_.failure()));
    }
    if (!connected) return connected.error();
  }
  if (const Place before = place(); before.entered_with != before.config_hash) {
    if (const Status entered = Enter(deadline); !entered) return entered.error();
  }
  Result<Seen> seen = NextRound(deadline);
  if (!seen && connection_.failure().sqlstate == "22012") {
    if (const Status entered = Enter(deadline); !entered) return entered.error();
    seen = NextRound(deadline);
  }
  if (!seen) return seen.error();

  if (has_renewed_ && lease_.IsCutOff()) WantFloor();  // it has ended in between
  if (lease_.IsCutOff()) lease_.DropDuties();
  lease_.Renew(began);
  has_renewed_ = true;
  if (const Status done = GiveUp(Observe(*seen), *seen, deadline); !done) return done.error();
  if (const Status done = ShareDuties(*seen, deadline); !done) return done.error();
  if (const Status done = RemoveLeftReports(*seen, deadline); !done) return done.error();
  NodeStanding standing{.terms = seen->duties->TermsOf(options_.node),
                        .nodes = seen->rounds.size(),
                        .was_gone = std::exchange(was_gone_, false),
                        .told_ago = seen->told_ago,
                        .clock_ahead = clock_ahead_,
                        .database_clock_differs = seen->clocks.DatabaseDiffers(),
                        .keeps_bounds = seen->keeps_bounds,
                        .all_know_marked_tickets = seen->oldest_schema >= kPgMarkedTickets,
                        .all_have_viewer_leases = seen->oldest_schema >= kPgViewerLeases,
                        .all_know_plain_messages = seen->oldest_schema >= kPgPlainMessages};
  for (const auto& [node, name] : seen->configured_otherwise) {
    standing.configured_otherwise.push_back(name);
  }
  return standing;
}

/// Takes its place, and learns what the database's clock shows.
Status PgCluster::Enter(MonotonicTime deadline) {
  const Place before = place();
  const FloorMoves& floor = before.floor;
  std::vector<PgCall> calls = {PgCall(kPgBegin), PgCall(kEnter, options_.node, options_.name,
                                                        before.config_hash, NewestPgSchema())};
  if (floor.wanted != floor.done) calls.emplace_back(kMoveFloor);
  calls.emplace_back(kPgCommit);
  calls.emplace_back(kNow);
  const Moment sent = Now();
  Result<std::vector<PgRows>> results = connection_.Run(calls, deadline);
  if (!results) return results.error();
  MovedFloor(floor.wanted);
  PgRows& rounds = (*results)[1];
  PgRows& now = results->back();
  if (!rounds.Next() || !now.Next()) return Error{Errc::kStoreBroken, "no place"};
  if (has_renewed_ && rounds.Unsigned(0) == 0) {
    was_gone_ = true;
    WantFloor();
  }
  const Status followed = FollowClock(now.Integer(0), sent, deadline);
  if (followed) EnteredWith(before.config_hash);
  return followed;
}

bool PgCluster::DiffersFrom(const Place& place, std::uint64_t node, const std::string& hash) const {
  // Its own row may have the hash of before.
  if (node == options_.node || hash.empty() || place.config_hash.empty()) return false;
  return hash != place.config_hash;
}

std::optional<std::int64_t> PgCluster::ReadNodes(PgRows& rows, const Place& place,
                                                 Seen& seen) const {
  enum : int { kNode, kRounds, kThroughMs, kName, kConfigHash, kClockMs, kVersion };
  bool have_all_told = true;
  std::int64_t told_ms = std::numeric_limits<std::int64_t>::max();
  while (rows.Next()) {
    const std::uint64_t node = rows.Unsigned(kNode);
    seen.rounds.emplace(node, rows.Unsigned(kRounds));
    seen.oldest_schema = std::min(seen.oldest_schema, rows.Integer(kVersion));
    have_all_told = have_all_told && !rows.IsNull(kThroughMs);
    if (!rows.IsNull(kThroughMs)) told_ms = std::min(told_ms, rows.Integer(kThroughMs));
    if (!rows.IsNull(kClockMs)) {
      seen.clocks.Put(node,
                      {.machine = rows.Text(kName), .ahead = milliseconds(rows.Integer(kClockMs))});
    }
    if (DiffersFrom(place, node, rows.Text(kConfigHash))) {
      seen.configured_otherwise.emplace(node, fmt::format("{} ({})", rows.Text(kName), node));
    }
  }
  return have_all_told ? std::optional(told_ms) : std::nullopt;
}

Result<PgCluster::Seen> PgCluster::NextRound(MonotonicTime deadline) {
  const Place before = place();
  std::vector<PgCall> calls = {
      PgCall(kPgBegin),
      PgCall(kNextRound, options_.node, options_.applied(), std::int64_t{clock_ahead_.count()}),
      PgCall(kBeginLife)};
  if (before.floor.wanted != before.floor.done) calls.emplace_back(kMoveFloor);
  const std::size_t nodes = calls.size();
  calls.emplace_back(kNodes);
  calls.emplace_back(kPgDutyRows);
  calls.emplace_back(kLeftReports);
  calls.emplace_back(kNow);
  calls.emplace_back(kPgCommit);
  const Moment sent = Now();
  // A round writes to a logged table.
  Result<std::vector<PgRows>> results = connection_.RunConfirming(calls, deadline);
  if (!results) return results.error();
  MovedFloor(before.floor.wanted);
  Seen seen;
  const std::optional<std::int64_t> told_ms = ReadNodes((*results)[nodes], before, seen);
  seen.duties.emplace((*results)[nodes + 1]);
  PgRows& left_reports = (*results)[nodes + 2];
  while (left_reports.Next()) seen.left_reports.push_back(left_reports.Unsigned(0));
  PgRows& now = (*results)[nodes + 3];
  if (!now.Next()) return Error{Errc::kStoreBroken, "no time"};
  if (told_ms) seen.told_ago = milliseconds(now.Integer(0) - *told_ms);
  // The clock is followed before anything is reported by the new time.
  const Status followed = FollowClock(now.Integer(0), sent, deadline);
  if (!followed) return followed.error();
  seen.clocks.Put(options_.node, {.machine = options_.name, .ahead = clock_ahead_});
  return seen;
}

Result<std::size_t> PgCluster::Report(const HeardBeats& heard, std::size_t reported) {
  const Place now = place();
  if (!now.offset) return Error{Errc::kStoreBusy, "no place among the nodes"};
  // The time of the collection by the database's clock, or before it. Were it counted back from the
  // time of the statement, heartbeats received during the statement would count as reported.
  return beats_.ReportNext({.heard = heard,
                            .reported = reported,
                            .through_ms = now.offset->least_ms + ToMs(heard.as_of)},
                           connection_);
}

PgCluster::Offset PgCluster::OffsetOf(std::int64_t now_ms, MonotonicTime sent) const {
  const std::int64_t received_ms = ToMs(clock_.Monotonic()) + 1;  // rounded up
  return {.least_ms = now_ms - received_ms, .most_ms = now_ms + 1 - ToMs(sent)};
}

bool PgCluster::HasJumped(const Offset& from, const Offset& to) {
  return to.least_ms > from.most_ms + kJumpMs || to.most_ms < from.least_ms - kJumpMs;
}

Status PgCluster::FollowClock(std::int64_t now_ms, const Moment& sent, MonotonicTime deadline) {
  clock_ahead_ = PgNodeClocks::Difference(sent.wall, clock_.Now(), now_ms);
  const Offset now = OffsetOf(now_ms, sent.at);
  bool moves_floor = false;
  {
    const MutexLock lock(mutex_);
    if (place_.offset && HasJumped(*place_.offset, now)) ++place_.floor.wanted;
    place_.offset = now;
    moves_floor = place_.floor.wanted != place_.floor.done;
  }
  return moves_floor ? MoveFloor(deadline) : Status();
}

Status PgCluster::MoveFloor(MonotonicTime deadline) {
  const std::uint64_t wanted = place().floor.wanted;
  const Result<PgRows> moved = connection_.Run(PgCall(kMoveFloor), deadline);
  if (!moved) return moved.error();
  MovedFloor(wanted);
  return {};
}

std::vector<std::uint64_t> PgCluster::Observe(const Seen& seen) {
  const MonotonicTime now = clock_.Monotonic();
  const MonotonicTime::duration still_for = lease_.ttl() + options_.slack;
  // A node that could not reach the database does not know which others did.
  if (now - renewed_at_ > still_for / 2) {
    observed_.clear();
    left_reports_.Forget();
  }
  renewed_at_ = now;
  std::erase_if(observed_, [&](const auto& entry) { return !seen.rounds.contains(entry.first); });
  std::vector<std::uint64_t> gone;
  for (const auto& [node, rounds] : seen.rounds) {
    const auto [entry, is_new] =
        observed_.try_emplace(node, Observation{.rounds = rounds, .since = now});
    Observation& observation = entry->second;
    if (observation.rounds != rounds) observation = {.rounds = rounds, .since = now};
    if (node != options_.node && now - observation.since >= still_for) gone.push_back(node);
  }
  return gone;
}

Status PgCluster::GiveUp(const std::vector<std::uint64_t>& gone, Seen& seen,
                         MonotonicTime deadline) {
  for (const std::uint64_t node : gone) {
    const std::vector<PgCall> calls = {PgCall(kPgBegin),
                                       PgCall(kGiveUp, node, seen.rounds.at(node)),
                                       PgCall(kMoveFloor), PgCall(kPgCommit)};
    Result<std::vector<PgRows>> results = connection_.Run(calls, deadline);
    if (!results) return results.error();
    PgRows& removed = (*results)[1];
    if (!removed.Next() || removed.Unsigned(0) == 0) continue;
    seen.rounds.erase(node);
    seen.clocks.Erase(node);
    seen.configured_otherwise.erase(node);
  }
  return {};
}

Status PgCluster::ShareDuties(Seen& seen, MonotonicTime deadline) {
  distrusted_rounds_ = seen.clocks.Trusts(options_.node) ? 0 : distrusted_rounds_ + 1;
  PgDuties::Nodes nodes{
      .self = options_.node, .clocks = seen.clocks, .yields = distrusted_rounds_ > kReportsLag};
  for (const auto& [node, rounds] : seen.rounds) nodes.alive.push_back(node);
  seen.keeps_bounds = PgDuties::KeepsBounds(nodes);
  return seen.duties->Share(nodes, lease_, connection_, deadline);
}

Status PgCluster::RemoveLeftReports(const Seen& seen, MonotonicTime deadline) {
  if (!seen.duties->Holds(options_.node, Duty::kUpkeep)) {
    left_reports_.Forget();
    return {};
  }
  for (const std::uint64_t node :
       left_reports_.Observe(seen.left_reports, clock_.Monotonic(), options_.keeps_left_reports)) {
    const auto removed = connection_.Run(PgCall(kRemoveLeftReport, node), deadline);
    if (!removed) return removed.error();
  }
  return {};
}

Result<std::vector<SharedSilence>> PgCluster::Silent(std::span<const SeatKey> lapsed,
                                                     milliseconds timeout) {
  if (lapsed.empty()) return std::vector<SharedSilence>();
  PgArray<std::uint64_t> rooms;
  PgArray<std::uint64_t> seats;
  for (const SeatKey& seat : lapsed) {
    rooms.Add(seat.room_number);
    seats.Add(seat.seat);
  }
  const PgCall call(kPgSilent, options_.node, rooms, seats);
  auto answers = others_.Run([&](PgConnection& connection, MonotonicTime deadline) {
    return AskSilent(connection, call, lapsed.size(), timeout, deadline);
  });
  if (!answers) return Error{Errc::kStoreBusy, answers.error().detail};
  return answers;
}

Result<std::vector<SharedSilence>> PgCluster::AskSilent(PgConnection& connection,
                                                        const PgCall& call, std::size_t count,
                                                        milliseconds timeout,
                                                        MonotonicTime deadline) {
  const Place before = place();
  if (!before.entered_with || before.floor.wanted != before.floor.done) {
    return Error{Errc::kStoreBusy, "no place among the nodes"};
  }
  const MonotonicTime sent = clock_.Monotonic();
  Result<PgRows> rows = connection.Run(call, deadline);
  if (!rows) return rows.error();
  PgSilenceRows answers(count, timeout);
  while (rows->Next()) {
    if (HasJumped(*before.offset, OffsetOf(PgSilenceRows::NowMs(*rows), sent))) {
      WantFloor();
      return Error{Errc::kStoreBusy, "the clock of the database was set"};
    }
    answers.Put(*rows);
  }
  if (!rows->status()) return rows->status().error();
  return answers.Take();
}

Result<std::vector<NamedMember>> PgCluster::MediaOff(milliseconds lasting, std::size_t limit) {
  return others_.Run([&](PgConnection& connection, MonotonicTime deadline) {
    return ReadPgMediaOff(lasting, limit, connection, deadline);
  });
}

Result<bool> PgCluster::ClaimGroup(const RoomId& group, milliseconds lasting) {
  return claims_.Claim(group, lasting);
}

Status PgCluster::ReleaseGroup(const RoomId& group) { return claims_.Release(group); }

Result<std::size_t> PgCluster::RemoveLeftBeats(milliseconds older_than) {
  return RemoveLeftFromPg(older_than, others_);
}

Result<std::vector<ListedNode>> PgCluster::ListNodes() {
  auto nodes = others_.Run(
      [](PgConnection& connection, MonotonicTime deadline) -> Result<std::vector<ListedNode>> {
        Result<PgRows> rows = connection.Run(PgCall(kPgListNodes), deadline);
        if (!rows) return rows.error();
        return ReadPgNodes(*rows);
      });
  if (!nodes) return nodes.error();
  for (ListedNode& node : *nodes) node.is_this = node.node == options_.node;
  return nodes;
}

Status PgCluster::Leave() {
  lease_.End();
  const std::array calls = {PgCall(kPgBegin), PgCall(kLeaveNodes, options_.node),
                            PgCall(kLeaveTold, options_.node), PgCall(kLeaveReport, options_.node),
                            PgCall(kPgCommit)};
  const auto left = connection_.Run(calls, Deadline());
  EnteredWith(std::nullopt);
  has_renewed_ = false;
  return left ? Status() : left.error();
}

}  // namespace rtcroom
