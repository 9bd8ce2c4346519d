#include "storage/postgres/pg_session.h"

#include <array>

#include <fmt/format.h>

namespace rtcroom::pg {
namespace {

// A shared session that another connection has used still has its mark, and the next transaction
// may find another one: a pooler resets a session before it gives it to the next client, and only
// then. There is no other way to find such a pooler: it hides the processes of the server.
constexpr PgStatement kReadMark{
    .sql = "SELECT coalesce(current_setting('rtcroomd.session', true), '')"};
constexpr PgStatement kSetMark{
    .sql = "SELECT set_config('rtcroomd.session', gen_random_uuid()::text, false)"};
constexpr PgStatement kSet{
    .sql =
        "SELECT set_config(name, value, false)"
        " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS s (name, value, place)"
        " ORDER BY place"};
constexpr PgStatement kRead{
    .sql =
        "SELECT current_setting('server_encoding'), current_setting('client_encoding'),"
        " current_setting('fsync'), current_setting('full_page_writes'),"
        " current_setting('transaction_read_only'), current_setting('synchronous_commit')"};

struct Setting {
  const char* name;
  const char* value;
};

// The server ends a session that is cut off in the middle of a pipeline, where no time limit of its
// own runs, with what it has locked.
constexpr auto kServerKeepalives = std::to_array<Setting>({
    {"tcp_keepalives_idle", "2"},
    {"tcp_keepalives_interval", "2"},
    {"tcp_keepalives_count", "2"},
    {"tcp_user_timeout", "4000"},
});

// A generic plan assumes that a LIMIT takes a tenth of the table, and without statistics that a
// user has few rows: without the other settings it would read and sort all of them. Plans made anew
// for each array halve the rate of small transactions.
constexpr auto kByIndexes = std::to_array<Setting>({
    {"plan_cache_mode", "force_generic_plan"},
    {"enable_seqscan", "off"},
    {"enable_bitmapscan", "off"},
    {"enable_sort", "off"},
    {"enable_hashjoin", "off"},
    {"enable_mergejoin", "off"},
    {"max_parallel_workers_per_gather", "0"},
    {"jit", "off"},
    {"lock_timeout", "2s"},
    {"idle_in_transaction_session_timeout", "2s"},
    {"statement_timeout", "0"},
    {"default_transaction_isolation", "read committed"},
});

const char* SynchronousCommit(const PgSettings& settings) {
  return settings.synchronous_commit == PgSettings::SynchronousCommit::kOn ? "on" : "local";
}

Error Refused(std::string_view why) { return {Errc::kStoreBroken, std::string(why)}; }

/// The words of it, as the server splits them.
std::vector<std::string> Words(std::string_view options) {
  std::vector<std::string> words;
  bool is_within = false;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (std::string_view(" \t\n\r\f\v").find(options[i]) != std::string_view::npos) {
      is_within = false;
      continue;
    }
    if (options[i] == '\\' && i + 1 < options.size()) ++i;
    if (!is_within) words.emplace_back();
    is_within = true;
    words.back() += options[i];
  }
  return words;
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> ParseSessionOptions(
    std::string_view options) {
  std::vector<std::pair<std::string, std::string>> settings;
  bool is_after_c = false;
  for (const std::string& word : Words(options)) {
    std::string_view setting = word;
    if (!is_after_c && word == "-c") {
      is_after_c = true;
      continue;
    }
    if (!is_after_c) {
      if (!word.starts_with("-c") && !word.starts_with("--")) setting = {};
      if (!setting.empty()) setting.remove_prefix(2);
    }
    is_after_c = false;
    const std::size_t equals = setting.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return Refused("options may only have settings, as -c NAME=VALUE");
    }
    std::string name(setting.substr(0, equals));
    for (char& c : name) {
      if (c == '-') c = '_';  // as the server does
    }
    settings.emplace_back(std::move(name), setting.substr(equals + 1));
  }
  if (is_after_c) return Refused("options end with -c");
  return settings;
}

std::vector<PgCall> SetSession(const PgSettings& settings,
                               const std::vector<std::pair<std::string, std::string>>& options) {
  PgArray<std::string_view> names;
  PgArray<std::string_view> values;
  const auto add = [&](std::string_view name, std::string_view value) {
    names.Add(name);
    values.Add(value);
  };
  add("synchronous_commit", SynchronousCommit(settings));
  for (const Setting& setting : kServerKeepalives) add(setting.name, setting.value);
  if (settings.planning == PgSettings::Planning::kByIndexes) {
    for (const Setting& setting : kByIndexes) add(setting.name, setting.value);
  }
  for (const auto& [name, value] : options) add(name, value);
  return {PgCall(kReadMark), PgCall(kSetMark), PgCall(kSet, names, values)};
}

std::vector<PgCall> ReadSession() { return {PgCall(kReadMark), PgCall(kRead)}; }

Status CheckSession(const PgSettings& settings, std::vector<PgRows> set, std::vector<PgRows> read) {
  struct Wanted {
    Setting setting;
    std::string_view advice;
  };
  const std::array wanted{
      Wanted{{"server_encoding", "UTF8"}, "create the database with ENCODING 'UTF8'"},
      Wanted{{"client_encoding", "UTF8"}, "remove it from the options of the connection string"},
      Wanted{{"fsync", "on"}, "set it at the server, which would lose changes with its machine"},
      Wanted{{"full_page_writes", "on"},
             "set it at the server, whose data a power cut would damage"},
      Wanted{{"transaction_read_only", "off"},
             "default_transaction_read_only is set for this account, its database or the server"},
      Wanted{{"synchronous_commit", SynchronousCommit(settings)},
             "remove it from the options of the connection string"},
  };
  for (PgRows* const rows : {&set[0], &set[1], &read[0], &read[1]}) (void)rows->Next();
  const bool is_shared = !set[0].Text(0).empty() || set[1].Text(0) != read[0].Text(0);
  std::vector<std::string> found;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    found.push_back(read[1].Text(static_cast<int>(i)));
  }
  for (PgRows* const rows : {&set[0], &set[1], &read[0], &read[1]}) {
    if (!rows->status()) return rows->status();
  }
  if (is_shared) {
    return Refused(
        "a pooler shares sessions of the server among its clients, so that no setting and no"
        " prepared statement holds: it needs pool_mode = session with"
        " server_reset_query = DISCARD ALL");
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& [setting, advice] = wanted[i];
    if (found[i] != setting.value) {
      return Refused(
          fmt::format("{} is {} instead of {}: {}", setting.name, found[i], setting.value, advice));
    }
  }
  return {};
}

}  // namespace rtcroom::pg
