#include "storage/postgres/pg_writer.h"

#include <utility>

#include <fmt/format.h>

#include "storage/postgres/pg_bans.h"
#include "storage/postgres/pg_deliveries.h"
#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_group_joins.h"
#include "storage/postgres/pg_messages.h"
#include "storage/postgres/pg_recordings.h"
#include "storage/postgres/pg_revocations.h"
#include "storage/postgres/pg_room_writes.h"
#include "storage/postgres/pg_sessions.h"

namespace rtcroom {
namespace {

/// The first is without the turn.
constexpr int kTries = 3;
/// Records of others that are read with a group.
constexpr std::size_t kLogPage = 1000;
/// Low bits of a tag: the group; the others are the node.
constexpr int kGroupBits = 32;

constexpr PgStatement kTakeTurn{"take_turn", "SELECT 1 FROM turn FOR UPDATE"};
// A node whose link was taken over, or which the others have declared gone, writes nothing.
constexpr PgStatement kCheckLink{"check_link",
                                 "SELECT 1 / count(*) FROM nodes WHERE node = $1 AND link = $2"};
constexpr PgStatement kEnter{"enter",
                             "INSERT INTO nodes (node, link, version) VALUES ($1, 0, 1)"
                             " ON CONFLICT (node) DO NOTHING"};
// Likewise: it takes its place again where it tells what it has heard.
constexpr PgStatement kSetLink{"set_link",
                               "WITH u AS (UPDATE nodes SET link = $2 WHERE node = $1 RETURNING 1)"
                               " SELECT 1 / count(*) FROM u"};
// The lock makes the commit one that waits for the disk and the standby.
constexpr PgStatement kPing{"ping", "SELECT 1 FROM marks WHERE node = $1 FOR UPDATE"};
constexpr PgStatement kSetMark{"set_mark",
                               "INSERT INTO marks (node) VALUES ($1) ON CONFLICT DO NOTHING"};
// A node that tells what it has heard leaves with that (`Cluster`), or is waited for.
constexpr PgStatement kLeave{"leave",
                             "DELETE FROM nodes WHERE node = $1"
                             " AND NOT EXISTS (SELECT 1 FROM told WHERE node = $1)"};

constexpr PgStatement kOwn[] = {kTakeTurn, kCheckLink, kEnter, kSetLink, kSetMark, kPing, kLeave};

/// All that the writing connection runs.
std::span<const PgStatement> Statements() {
  static const std::vector<PgStatement> all = JoinStatements(
      {kOwn, pg::RoomLoads(), PgRoomWriteStatements(), pg::EventWrites(), pg::BanWrites(),
       pg::RevocationWrites(), pg::DeliveryWrites(), pg::SessionWrites(), pg::MessageWrites(),
       pg::RecordingWrites(), pg::GroupJoinWrites(), PgHistory::Statements()});
  return all;
}

std::uint64_t CountOf(const RoomIndex& index) {
  std::uint64_t rooms = 0;
  for (const RoomKind kind : kAllRoomKinds) rooms += index.Count(kind);
  return rooms;
}

}  // namespace

PgWriter::PgWriter(const PgAddress& address, const Options& options, const RoomIndex& index,
                   PgLog& log, PgHistory& history, const Clock& clock)
    : options_(options),
      index_(index),
      log_(log),
      history_(history),
      clock_(clock),
      connection_(address, {.statements = Statements()}, clock),
      reconnector_(connection_, options.pace, clock) {}

PgWriter::~PgWriter() {
  if (reconnector_.connected()) {
    (void)connection_.Run(PgCall(kLeave, options_.node), clock_.Monotonic() + options_.patience);
  }
}

Status PgWriter::Open(const PgLogEnds& ends) {
  const MonotonicTime deadline = clock_.Monotonic() + options_.patience;
  retained_ = ends.retained;
  if (const Status connected = reconnector_.Await(deadline); !connected) return connected;
  const Result<PgRows> entered = connection_.Run(PgCall(kEnter, options_.node), deadline);
  return entered ? Connect(deadline) : entered.error();
}

Status PgWriter::Connect(MonotonicTime deadline) {
  is_linked_ = false;
  if (const Status connected = reconnector_.Await(deadline); !connected) {
    const bool is_lasting = connected.error().code == Errc::kStoreBroken;
    failed_ = is_lasting ? PgMeaning::kBroken : PgMeaning::kBusy;
    return connected;
  }
  // What an earlier connection has sent without an answer is committed by now, or never will be.
  ++link_;
  const std::vector<PgCall> calls = {PgCall(kPgBegin), PgCall(kTakeTurn),
                                     PgCall(kSetLink, options_.node, link_),
                                     PgCall(kSetMark, options_.node), PgCall(kPgCommit)};
  const Result<std::vector<PgRows>> linked = connection_.Run(calls, deadline);
  if (!linked) {
    failed_ = connection_.failure().meaning;
    // The others have given this node up. A new connection changes nothing about that.
    if (failed_ == PgMeaning::kConflict) {
      failed_ = PgMeaning::kBusy;
      return linked.error();
    }
    connection_.Close();
    return linked.error();
  }
  const Status checked = history_.Check(connection_, log_.place(), deadline);
  if (!checked) {
    failed_ = PgMeaning::kBusy;
    connection_.Close();
    return checked;
  }
  is_linked_ = true;
  return {};
}

PgWrite PgWriter::Ping() { return {.calls = {PgCall(kPing, options_.node)}}; }

Error PgWriter::Failed(const Error& error) {
  failed_ = connection_.failure().meaning;
  // Nothing happened: on another connection it may work.
  if (failed_ == PgMeaning::kBusy && !connection_.connected()) failed_ = PgMeaning::kConflict;
  return error;
}

Error PgWriter::Outcome(const Error& error) const {
  if (error.code == Errc::kOutcomeUnknown) return error;
  const bool is_busy = failed_ == PgMeaning::kBusy || failed_ == PgMeaning::kConflict;
  return {is_busy ? Errc::kStoreBusy : Errc::kStoreBroken, error.detail};
}

Status PgWriter::Run(const std::vector<Job*>& group) {
  const MonotonicTime deadline = clock_.Monotonic() + options_.patience;
  Status tried;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    tried = TryGroup(group, attempt == 0 ? Turn::kAtTheWrite : Turn::kFirst, deadline);
    if (tried) return {};
    if (failed_ == PgMeaning::kBroken) return RunAlone(group, deadline);
    if (failed_ != PgMeaning::kConflict) break;
  }
  const Error failed = Outcome(tried.error());
  for (Job* const job : group) job->Abort(failed);
  return failed;
}

Status PgWriter::RunAlone(const std::vector<Job*>& group, MonotonicTime deadline) {
  Status last;
  bool has_worked = false;
  for (Job* const job : group) {
    const std::vector<Job*> alone = {job};
    const Status tried = TryGroup(alone, Turn::kFirst, deadline);
    if (tried) {
      has_worked = true;
      continue;
    }
    last = Outcome(tried.error());
    job->Abort(last.error());
  }
  return has_worked ? Status() : last;
}

Status PgWriter::TryGroup(const std::vector<Job*>& group, Turn turn, MonotonicTime deadline) {
  if (history_.IsLost()) {
    failed_ = PgMeaning::kBusy;
    return PgHistory::Lost();
  }
  // A connection that was made while nobody waited has nothing yet.
  if (!is_linked_ || !reconnector_.connected()) {
    if (const Status connected = Connect(deadline); !connected) {
      // No write was sent. What is wrong for good is so for each of the jobs.
      if (failed_ == PgMeaning::kLost) {
        failed_ = PgMeaning::kConflict;
      } else if (failed_ == PgMeaning::kBroken) {
        failed_ = PgMeaning::kLost;
      }
      return connected;
    }
  }
  ++groups_;
  Try made{.rooms = PgRoomGroup(options_.limits, CountOf(index_), clock_.Now())};
  made.before = log_.position();
  made.tag = static_cast<std::int64_t>((options_.node << kGroupBits) |
                                       (groups_ & ((std::uint64_t{1} << kGroupBits) - 1)));
  if (const Status loaded = Load(group, turn, made, deadline); !loaded) {
    // Nothing was written: on another connection it may work.
    if (failed_ == PgMeaning::kLost) failed_ = PgMeaning::kConflict;
    return loaded;
  }
  ApplyRules(group, made);
  const Status written = Write(group, turn, made, deadline);
  if (written) return {};
  if (failed_ == PgMeaning::kLost) return Verify(group, made);
  // With the turn no room can be in the way: the link is gone, and the next connection sets it.
  if (failed_ == PgMeaning::kConflict && turn == Turn::kFirst) connection_.Close();
  return written;
}

Status PgWriter::Load(const std::vector<Job*>& group, Turn turn, Try& made,
                      MonotonicTime deadline) {
  std::vector<const RoomUpdate*> updates;
  for (const Job* const job : group) {
    for (const RoomUpdate& update : job->updates()) updates.push_back(&update);
  }
  std::vector<PgCall> calls;
  if (turn == Turn::kFirst) calls = {PgCall(kPgBegin), PgCall(kTakeTurn)};
  const std::size_t before = calls.size();
  for (PgCall& call : made.rooms.LoadCalls(updates)) calls.push_back(std::move(call));
  if (calls.empty()) return {};
  Result<std::vector<PgRows>> results = connection_.Run(calls, deadline);
  if (!results) return Failed(results.error());
  const Status loaded = made.rooms.Load(std::span(*results).subspan(before));
  if (!loaded) {
    failed_ = PgMeaning::kBroken;
    // The transaction has the turn.
    if (turn == Turn::kFirst) (void)connection_.Run(PgCall(kPgRollback), deadline);
  }
  return loaded;
}

void PgWriter::ApplyRules(const std::vector<Job*>& group, Try& made) {
  for (Job* const job : group) {
    job->outcomes().clear();
    for (const RoomUpdate& update : job->updates()) {
      job->outcomes().push_back(made.rooms.Apply(update));
    }
    for (const PgRecorded& record : job->records()) job->position() = made.rooms.Add(record);
  }
  made.writes = made.rooms.OtherWrites();
  for (Job* const job : group) {
    if (!job->write()) continue;
    made.writes.push_back(job->write()());
    made.jobs.push_back(job);
  }
}

Status PgWriter::Write(const std::vector<Job*>& group, Turn turn, Try& made,
                       MonotonicTime deadline) {
  std::vector<PgCall> calls;
  if (turn == Turn::kAtTheWrite) calls = {PgCall(kPgBegin), PgCall(kTakeTurn)};
  calls.emplace_back(kCheckLink, options_.node, link_);
  // What others have written comes before what is written now.
  const std::size_t others = calls.size();
  calls.push_back(pg::ReadLog(log_.position(), kLogPage));
  const std::size_t before = calls.size();
  for (PgCall& call : made.rooms.WriteCalls(made.tag)) calls.push_back(std::move(call));
  const std::size_t of_rooms = calls.size();
  for (const PgWrite& write : made.writes) {
    calls.insert(calls.end(), write.calls.begin(), write.calls.end());
  }
  const bool changes_something = calls.size() > before;
  if (!changes_something && turn == Turn::kAtTheWrite) {
    Publish(group, made, log_.position(), {});
    return {};
  }
  calls.emplace_back(kPgCommit);
  Result<std::vector<PgRows>> results = connection_.Run(calls, deadline);
  if (!results) return Failed(results.error());
  // It is committed: from here on nothing may fail.
  if (const Result<PgLogPage> heard = pg::ReadLogPage(results->at(others)); heard) {
    retained_ = heard->retained;
    if (!log_.Hear(*heard)) history_.MarkLost();
  }
  std::uint64_t base = log_.position();
  if (made.rooms.has_records()) {
    const Result<std::uint64_t> read = pg::ReadBase(results->at(of_rooms - 1));
    if (read) base = *read;
  }
  Publish(group, made, base, std::span(*results).subspan(of_rooms, results->size() - 1 - of_rooms));
  return {};
}

Status PgWriter::Verify(const std::vector<Job*>& group, Try& made) {
  const MonotonicTime deadline = clock_.Monotonic() + options_.patience;
  const Error unknown{Errc::kOutcomeUnknown, "the commit was not answered"};
  const Status connected = Connect(deadline);
  failed_ = PgMeaning::kLost;
  if (!connected) return unknown;
  if (!made.rooms.has_records()) return unknown;
  const Result<std::uint64_t> first = pg::FindTag(connection_, made.tag, made.before, deadline);
  if (!first) return unknown;
  if (*first == 0) {
    failed_ = PgMeaning::kConflict;
    return Error{Errc::kStoreBusy, "the connection was lost before the commit"};
  }
  Publish(group, made, *first - 1, {});
  return {};
}

void PgWriter::Publish(const std::vector<Job*>& group, Try& made, std::uint64_t base,
                       std::span<PgRows> results) {
  for (Job* const job : group) {
    for (Result<RoomChange>& outcome : job->outcomes()) {
      if (outcome) PgRoomGroup::Resolve(base, *outcome);
    }
    job->position() = ResolvePgNumber(job->position(), base);
  }
  FinishWrites(made, results);
  std::uint64_t message = 0;
  for (const PgJob* const job : made.jobs) message = std::max(message, job->appended());
  HearOthers(base);
  const std::vector<PgRecord> records = made.rooms.TakeRecords(base);
  retained_ += static_cast<std::uint64_t>(std::ranges::count_if(records, IsEvent));
  log_.HearOwn(base, made.tag, records, made.rooms.flags(), message);
}

void PgWriter::HearOthers(std::uint64_t base) {
  // Only after a pause of the follower in which others wrote more than a page.
  while (log_.position() < base) {
    Result<PgRows> rows = connection_.Run(pg::ReadLog(log_.position(), kLogPage),
                                          clock_.Monotonic() + options_.patience);
    if (!rows) return;
    const Result<PgLogPage> page = pg::ReadLogPage(*rows);
    if (!page || page->through == 0) return;
    if (!log_.Hear(*page)) return history_.MarkLost();
  }
}

void PgWriter::FinishWrites(Try& made, std::span<PgRows> results) {
  const std::size_t of_rooms = made.writes.size() - made.jobs.size();
  for (std::size_t i = 0; i < made.writes.size(); ++i) {
    const PgWrite& write = made.writes[i];
    PgJob* const job = i < of_rooms ? nullptr : made.jobs[i - of_rooms];
    if (results.empty() && !write.calls.empty()) {
      if (job == nullptr) continue;
      job->status() = write.finish ? Error{Errc::kOutcomeUnknown, "its result was lost"} : Status();
      continue;
    }
    const Status finished =
        write.finish ? write.finish(results.first(write.calls.size())) : Status();
    results = results.subspan(write.calls.size());
    if (job != nullptr) job->status() = finished;
  }
}

}  // namespace rtcroom
