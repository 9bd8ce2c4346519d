#include "storage/postgres/pg_replication.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

/// The longest that one host is asked.
constexpr std::chrono::seconds kAskTime = PgConnection::kHostTime;

// The start of the server tells whether two hosts are the same one. What an account may not see of
// other accounts is null.
constexpr PgStatement kAsk{.sql = R"(SELECT
      ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint,
      (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
      current_setting('synchronous_standby_names') <> '',
      (SELECT count(*) FROM pg_stat_replication
        WHERE coalesce(sync_state IN ('sync', 'quorum'), true)),
      EXISTS (SELECT FROM pg_stat_activity
        WHERE wait_event = 'SyncRep' AND clock_timestamp() - query_start > interval '1 s'))"};
enum ReplicationColumn : std::uint8_t { kTimeline, kStarted, kWaits, kStandbys, kIsStuck };

struct Answer {
  StorePrimary primary;
  std::int64_t started = 0;
  std::size_t standbys = 0;
  StandbyWait wait = StandbyWait::kNone;
};

/// nullopt: it cannot be asked, or takes no writes.
std::optional<Answer> AskHost(PgConnection& host, MonotonicTime deadline) {
  if (!host.connected() && !host.Connect(deadline)) return std::nullopt;
  Answer answer{.primary = {.host = host.PeerName()}};
  Result<PgRows> rows = host.Run(PgCall(kAsk), deadline);
  if (!rows || !rows->Next()) return std::nullopt;
  answer.primary.timeline = rows->Unsigned(kTimeline);
  answer.started = rows->Integer(kStarted);
  if (rows->Bool(kWaits)) {
    answer.standbys = static_cast<std::size_t>(rows->Unsigned(kStandbys));
    if (rows->Bool(kIsStuck)) answer.wait = StandbyWait::kSilent;
    if (answer.standbys == 0) answer.wait = StandbyWait::kAbsent;
  }
  if (!rows->status()) return std::nullopt;
  return answer;
}

}  // namespace

PgReplication::PgReplication(const PgAddress& address, const Clock& clock)
    : address_(address), clock_(clock) {
  constexpr PgSettings kSettings{.planning = PgSettings::Planning::kServerDefaults};
  for (const PgAddress& host : address.Each()) {
    hosts_.push_back(std::make_unique<PgConnection>(host, kSettings, clock));
  }
}

StoreReplication PgReplication::Ask(const std::stop_token& stop) {
  address_.shared().is_late = false;
  std::vector<Answer> answers;
  for (const auto& host : hosts_) {
    host->StopWhen([&stop] { return stop.stop_requested(); });
    const std::optional<Answer> answer = AskHost(*host, clock_.Monotonic() + kAskTime);
    host->StopWhen({});
    if (answer && std::ranges::find(answers, answer->started, &Answer::started) == answers.end()) {
      answers.push_back(*answer);
    }
  }
  std::ranges::sort(answers, std::ranges::greater(), [](const Answer& answer) {
    return std::pair(answer.primary.timeline, answer.primary.host);
  });
  if (answers.empty()) return {};
  StoreReplication seen{.standbys = answers.front().standbys, .wait = answers.front().wait};
  for (const Answer& answer : answers) seen.primaries.push_back(answer.primary);
  address_.shared().standby_wait = seen.wait;
  return seen;
}

Status RequireOnePgPrimary(const PgAddress& address, const Clock& clock) {
  if (address.Each().size() < 2) return {};
  const StoreReplication seen = PgReplication(address, clock).Ask({});
  if (seen.primaries.size() < 2) return {};
  std::string hosts;
  for (const StorePrimary& primary : seen.primaries) {
    hosts += fmt::format("{}{} (timeline {})", hosts.empty() ? "" : " and ", primary.host,
                         primary.timeline);
  }
  return Error{Errc::kStoreBroken,
               fmt::format("{} both take writes: stop the one that was replaced, or name only the"
                           " other one",
                           hosts)};
}

}  // namespace rtcroom
