#include "daemon/cli/database_commands.h"

#include <chrono>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/base/json_text.h"
#include "daemon/base/system_random.h"
#include "daemon/cli/printable.h"
#include "daemon/core/system_ids.h"

namespace rtcroom {
namespace {

int ReportFailure(const Error& error, const CliContext& context) {
  context.err << kShownDatabase << ": " << error.detail << '\n';
  if (error.code == Errc::kOutcomeUnknown) {
    context.err << "It is unknown whether this was done: the answer was lost.\n";
  }
  return kExitFailed;
}

std::string JsonOf(const ListedNode& node) {
  JsonText json;
  json.BeginObject()
      .Field("node", static_cast<std::int64_t>(node.node))
      .Field("name", node.name)
      .Field("rounds", static_cast<std::int64_t>(node.rounds))
      .Field("schema", node.schema)
      .Field("config", node.config_hash);
  if (node.told_ago) {
    json.Field("told_ago_ms", node.told_ago->count());
  } else {
    json.Json("told_ago_ms", "null");
  }
  std::string duties;
  for (const std::string& duty : node.duties) {
    if (!duties.empty()) duties += ',';
    AppendJsonString(duty, duties);
  }
  json.Json("duties", "[" + duties + "]").EndObject();
  return std::string(json.text());
}

void PrintTable(const std::vector<ListedNode>& nodes, std::ostream& out) {
  constexpr const char* kLine = "{:<11} {:<24} {:>10} {:>6} {:>10} {:<8} {}\n";
  out << fmt::format(fmt::runtime(kLine), "NODE", "NAME", "ROUNDS", "SCHEMA", "TOLD AGO", "CONFIG",
                     "DUTIES");
  for (const ListedNode& node : nodes) {
    const std::string told =
        node.told_ago
            ? fmt::format("{:.1f} s", std::chrono::duration<double>(*node.told_ago).count())
            : "never";
    out << fmt::format(
        fmt::runtime(kLine), node.node, Printable(node.name), node.rounds, node.schema, told,
        Printable(node.config_hash.empty() ? "-" : node.config_hash),
        Printable(node.duties.empty() ? "-" : fmt::format("{}", fmt::join(node.duties, " "))));
  }
}

}  // namespace

int RunMigrateStore(const DatabaseChoice& choice, const CliContext& context) {
  const std::optional<PgAddress> address = FindDatabase(choice, context);
  if (!address) return kExitUsage;
  SystemRandom random;
  const Result<PgMigration> migrated = MigratePgStore(*address, NewEpoch(random), context.clock);
  if (!migrated) return ReportFailure(migrated.error(), context);
  const auto& [from, to] = *migrated;
  if (from == to) {
    context.out << fmt::format("{}: the schema is up to date, at version {}\n", kShownDatabase, to);
  } else if (from == 0) {
    context.out << fmt::format("{}: the schema was created, at version {}\n", kShownDatabase, to);
  } else {
    context.out << fmt::format("{}: the schema was brought from version {} to {}\n", kShownDatabase,
                               from, to);
  }
  return kExitOk;
}

int RunNewEpoch(const NewEpochOptions& options, const CliContext& context) {
  const std::optional<PgAddress> address = FindDatabase(options.database, context);
  if (!address) return kExitUsage;
  SystemRandom random;
  const std::string epoch = NewEpoch(random);
  const Result<std::string> before = ChangePgEpoch(*address, epoch, options.nodes, context.clock);
  if (!before) return ReportFailure(before.error(), context);
  context.out << fmt::format("{}: the epoch is {}, and was {}\n", kShownDatabase, epoch,
                             Printable(*before));
  return kExitOk;
}

int RunNodes(const NodesOptions& options, const CliContext& context) {
  const std::optional<PgAddress> address = FindDatabase(options.database, context);
  if (!address) return kExitUsage;
  const Result<std::vector<ListedNode>> nodes = ListPgNodes(*address, context.clock);
  if (!nodes) return ReportFailure(nodes.error(), context);
  if (options.json) {
    for (const ListedNode& node : *nodes) context.out << JsonOf(node) << '\n';
  } else {
    PrintTable(*nodes, context.out);
  }
  return kExitOk;
}

}  // namespace rtcroom
