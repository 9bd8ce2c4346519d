#include "storage/postgres/pg_writer.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "storage/postgres/pg_confirm.h"
#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_room_writes.h"
#include "storage/postgres/schema.h"

namespace rtcroom {
namespace {

/// The first is without the turn.
constexpr int kTries = 3;
/// A commit that has been pending for so long holds up the next group.
constexpr std::chrono::seconds kUnconfirmed{1};
/// Low bits of a tag: the group; the others are the node.
constexpr int kGroupBits = 32;

constexpr PgStatement kTakeTurn{"take_turn", "SELECT 1 FROM turn FOR UPDATE"};
// A node whose link was taken over, or which the others have declared gone, writes nothing. With it
// comes the time since the transaction began, in microseconds.
constexpr PgStatement kCheckLink{
    "check_link",
    "SELECT 1 / count(*), (extract(epoch FROM clock_timestamp() - now()) * 1000000)::bigint"
    " FROM nodes WHERE node = $1 AND link = $2"};
constexpr PgStatement kOldestNode{"oldest_node", "SELECT min(version) FROM nodes"};
constexpr PgStatement kCheckReaders{"check_readers",
                                    "SELECT 1 / (min(version) >= $1)::integer FROM nodes"};
constexpr PgStatement kEnter{"enter",
                             "INSERT INTO nodes (node, link, version) VALUES ($1, 0, $2)"
                             " ON CONFLICT (node) DO NOTHING"};
// A node without a row gets an error here, too: it takes its place again when it reports its
// heartbeats.
constexpr PgStatement kSetLink{"set_link",
                               "WITH u AS (UPDATE nodes SET link = $2 WHERE node = $1 RETURNING 1)"
                               " SELECT 1 / count(*) FROM u"};
// Everything committed before the link is on the standby: a primary that restarts after a crash
// also has what never came there.
constexpr PgStatement kOnStandby{"on_standby", "SET LOCAL synchronous_commit TO on"};
// A node that reports heartbeats leaves with its last report (`Cluster`), or is waited for.
constexpr PgStatement kLeave{"leave",
                             "DELETE FROM nodes WHERE node = $1"
                             " AND NOT EXISTS (SELECT 1 FROM told WHERE node = $1)"};

constexpr PgStatement kOwn[] = {kTakeTurn, kCheckLink, kOldestNode, kCheckReaders,
                                kEnter,    kSetLink,   kOnStandby,  kLeave};

/// All that the writing connection runs.
std::span<const PgStatement> Statements() {
  static const std::vector<PgStatement> all = JoinStatements(
      {kOwn, pg::RoomLoads(), PgRoomWriteStatements(), pg::EventWrites(),
       AllPgStatements<PgWriterStatement>(), pg::Confirms(), PgHistory::Statements()});
  return all;
}

}  // namespace

PgWriter::PgWriter(const PgAddress& address, const Options& options, PgLog& log, PgHistory& history,
                   PgFollower& follower, const Clock& clock)
    : options_(options),
      log_(log),
      history_(history),
      follower_(follower),
      clock_(clock),
      connection_(
          address,
          {.synchronous_commit = PgSettings::SynchronousCommit::kLocal, .statements = Statements()},
          clock),
      reconnector_(connection_, options.pace, clock) {}

PgWriter::~PgWriter() {
  if (reconnector_.connected()) {
    (void)connection_.Run(std::array{PgCall(kLeave, options_.node), pg::RemoveMarks(options_.node)},
                          clock_.Monotonic() + options_.patience);
  }
}

Status PgWriter::Open() {
  const MonotonicTime deadline = clock_.Monotonic() + options_.patience;
  if (const Status connected = reconnector_.Await(deadline); !connected) return connected;
  const Result<PgRows> entered =
      connection_.Run(PgCall(kEnter, options_.node, NewestPgSchema()), deadline);
  if (entered) return Connect(deadline);
  connection_.Leave();
  return entered.error();
}

Status PgWriter::Connect(MonotonicTime deadline) {
  is_linked_ = false;
  if (const Status connected = reconnector_.Await(deadline); !connected) {
    const bool is_lasting = connected.error().code == Errc::kStoreBroken;
    failed_ = is_lasting ? PgMeaning::kBroken : PgMeaning::kBusy;
    return connected;
  }
  // Anything that an earlier connection has sent without an answer is committed by now, or never
  // will be.
  ++link_;
  const std::vector<PgCall> calls = {PgCall(kPgBegin), PgCall(kTakeTurn),
                                     PgCall(kSetLink, options_.node, link_), PgCall(kOnStandby),
                                     PgCall(kPgCommit)};
  const Result<std::vector<PgRows>> linked = connection_.RunConfirming(calls, deadline);
  if (!linked) {
    failed_ = connection_.failure().meaning;
    // The other nodes declared this one gone. A new connection changes nothing about that.
    if (failed_ == PgMeaning::kConflict) {
      ReportFenced();
      failed_ = PgMeaning::kBusy;
      return linked.error();
    }
    // A transaction that waits for a standby in vain holds the turn of an old primary.
    connection_.Leave();
    return linked.error();
  }
  const Status checked = history_.Check(connection_, log_.place(), deadline);
  if (!checked) {
    failed_ = PgMeaning::kBusy;
    connection_.Leave();
    return checked;
  }
  is_linked_ = true;
  return {};
}

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
    if (attempt > 0 && options_.pace.observer != nullptr) options_.pace.observer->OnSecondTry();
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
  if (const Status confirmed = AwaitConfirmation(deadline); !confirmed) {
    failed_ = PgMeaning::kBusy;
    return confirmed;
  }
  // This connection is to another server than the one that the follower reads.
  if (log_.pending().TakeLost()) connection_.Close();
  // A connection that was made in the background has nothing yet.
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
  Try made{.rooms =
               PgRoomGroup(options_.limits, log_.CountRooms(), clock_.Now(), options_.new_types)};
  made.before = log_.position();
  made.tag = static_cast<std::int64_t>((options_.node << kGroupBits) |
                                       (groups_ & ((std::uint64_t{1} << kGroupBits) - 1)));
  if (const Status loaded = Load(group, turn, made, deadline); !loaded) {
    // Nothing was written: on another connection it may work.
    if (failed_ == PgMeaning::kLost) failed_ = PgMeaning::kConflict;
    return loaded;
  }
  ApplyRules(group, made);
  if (made.rooms.has_records()) {
    made.commit = log_.pending().Add(made.tag, made.rooms.added_rooms(), clock_.Monotonic());
  }
  Status written = Write(group, turn, made, deadline);
  if (!written && failed_ == PgMeaning::kLost) {
    written = Verify(group, made);
  } else if (!written && failed_ == PgMeaning::kConflict && turn == Turn::kFirst) {
    // No room can be in the way with the turn: the link is gone, and the next connection sets it.
    ReportFenced();
    connection_.Close();
  }
  if (made.commit == nullptr) return written;
  if (!written) {
    log_.pending().Remove(made.commit);
    return written;
  }
  log_.pending().MarkCommitted(made.commit);
  follower_.Wake();
  return {};
}

Status PgWriter::AwaitConfirmation(MonotonicTime deadline) {
  const std::optional<MonotonicTime> oldest = log_.pending().oldest();
  const MonotonicTime now = clock_.Monotonic();
  if (!oldest || *oldest + kUnconfirmed > now) return {};
  const MonotonicTime end = std::min(deadline, *oldest + options_.pace.give_up);
  if (log_.pending().AwaitAddedBefore(now - kUnconfirmed, end)) return {};
  const std::string_view why = StandbyWaitText(connection_.standby_wait());
  return Error{Errc::kStoreBusy,
               why.empty() ? "an earlier commit is not confirmed" : std::string(why)};
}

Status PgWriter::Load(const std::vector<Job*>& group, Turn turn, Try& made,
                      MonotonicTime deadline) {
  std::vector<const RoomUpdate*> updates;
  for (const Job* const job : group) {
    for (const RoomUpdate& update : job->updates()) updates.push_back(&update);
  }
  std::vector<PgCall> calls;
  if (turn == Turn::kFirst) calls = {PgCall(kPgBegin), PgCall(kTakeTurn)};
  const bool asks_for_readers = turn == Turn::kFirst && !options_.new_types.empty();
  if (asks_for_readers) calls.emplace_back(kOldestNode);
  const std::size_t before = calls.size();
  for (PgCall& call : made.rooms.LoadCalls(updates)) calls.push_back(std::move(call));
  if (calls.empty()) return {};
  Result<std::vector<PgRows>> results = connection_.Run(calls, deadline);
  if (!results) return Failed(results.error());
  if (asks_for_readers) {
    PgRows& oldest = results->at(before - 1);
    if (oldest.Next()) made.rooms.RefuseBeyond(static_cast<std::int32_t>(oldest.Integer(0)));
  }
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
    if (!job->records().empty()) AddRecords(*job, made.rooms);
  }
  // What a job relies on may be unconfirmed although the job itself changes nothing.
  if (!made.rooms.has_records() && std::ranges::any_of(group, &Job::NeedsConfirmation)) {
    made.rooms.Add(PgWritten());
  }
  made.writes = made.rooms.OtherWrites();
  for (Job* const job : group) {
    if (!job->write()) continue;
    made.writes.push_back(job->write()());
    made.jobs.push_back(job);
  }
}

void PgWriter::AddRecords(Job& job, PgRoomGroup& rooms) {
  job.status() = {};
  for (const PgRecorded& record : job.records()) {
    if (const Status readable = rooms.CheckReadable(record); !readable) {
      job.status() = readable;
      return;
    }
  }
  for (const PgRecorded& record : job.records()) job.position() = rooms.Add(record);
}

Status PgWriter::Write(const std::vector<Job*>& group, Turn turn, Try& made,
                       MonotonicTime deadline) {
  std::vector<PgCall> calls;
  if (turn == Turn::kAtTheWrite) calls = {PgCall(kPgBegin), PgCall(kTakeTurn)};
  // What a node cannot read is found in the turn: the next try refuses it.
  const std::int32_t needed = made.rooms.needed_version();
  if (needed > 0 && turn == Turn::kAtTheWrite) calls.emplace_back(kCheckReaders, needed);
  calls.emplace_back(kCheckLink, options_.node, link_);
  const std::size_t before = calls.size();
  for (PgCall& call : made.rooms.WriteCalls(made.tag)) calls.push_back(std::move(call));
  const std::size_t of_rooms = calls.size();
  for (const PgWrite& write : made.writes) {
    calls.insert(calls.end(), write.calls.begin(), write.calls.end());
  }
  const bool changes_something = calls.size() > before;
  if (!changes_something && turn == Turn::kAtTheWrite) {
    Publish(group, made, 0, {});
    return {};
  }
  calls.emplace_back(kPgCommit);
  Result<std::vector<PgRows>> results = connection_.Run(calls, deadline);
  if (!results) return Failed(results.error());
  // It is committed: from here on nothing may fail.
  if (turn == Turn::kAtTheWrite) ReportTurn(results->at(before - 1));
  std::uint64_t base = 0;
  if (made.rooms.has_records()) {
    const Result<std::uint64_t> read = pg::ReadBase(results->at(of_rooms - 1));
    if (read) base = *read;
  }
  Publish(group, made, base, std::span(*results).subspan(of_rooms, results->size() - 1 - of_rooms));
  return {};
}

void PgWriter::ReportFenced() const {
  if (options_.pace.observer != nullptr) options_.pace.observer->OnFenced();
}

void PgWriter::ReportTurn(PgRows& checked) const {
  if (options_.pace.observer == nullptr || !checked.Next()) return;
  options_.pace.observer->OnTurn(std::chrono::microseconds(checked.Integer(1)));
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
    if (job->NeedsConfirmation()) job->commit() = made.commit;
  }
  FinishWrites(made, results);
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
