#include "storage/postgres/pg_duties.h"

#include <algorithm>
#include <cstddef>
#include <ranges>

namespace rtcroom {
namespace {

/// The order in which nodes are wanted for a duty, the same at all nodes.
/// @source splitmix64.
std::uint64_t RankOf(std::uint64_t node, std::size_t duty) {
  std::uint64_t z = node * 0x9e3779b97f4a7c15U + (duty + 1) * 0xd1b54a32d192ed03U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

/// Upkeep removes data by a wall clock; the other duties use none.
bool May(const PgDuties::Nodes& nodes, std::uint64_t node, Duty duty) {
  return duty != Duty::kUpkeep || nodes.clocks.Trusts(node);
}

/// Whether this node is the first of those, in the order of that duty.
bool IsFirst(const PgDuties::Nodes& nodes, Duty duty, std::ranges::forward_range auto able) {
  const auto first = std::ranges::max_element(able, {}, [duty](std::uint64_t node) {
    return RankOf(node, static_cast<std::size_t>(duty));
  });
  return first != able.end() && *first == nodes.self;
}

bool IsWanted(const PgDuties::Nodes& nodes, Duty duty) {
  return IsFirst(nodes, duty, nodes.alive | std::views::filter([&](std::uint64_t node) {
                                return May(nodes, node, duty);
                              }));
}

}  // namespace

PgDuties::PgDuties(PgRows& rows) {
  while (rows.Next()) {
    const auto named = std::ranges::find(kAllDuties, rows.Text(0), DutyName);
    if (named == kAllDuties.end()) continue;
    Row& row = rows_.at(static_cast<std::size_t>(*named));
    if (!rows.IsNull(1)) row.node = rows.Unsigned(1);
    row.term = rows.Unsigned(2);
  }
}

Status PgDuties::Share(const Nodes& nodes, NodeLease& lease, PgConnection& connection,
                       MonotonicTime deadline) {
  for (const Duty duty : kAllDuties) {
    Row& row = rows_.at(static_cast<std::size_t>(duty));
    if (nodes.yields && row.node == nodes.self && !May(nodes, nodes.self, duty)) {
      lease.DropDuty(duty);
      const Result<PgRows> yielded =
          connection.Run(PgCall(kPgYieldDuty, nodes.self, DutyName(duty), row.term), deadline);
      if (!yielded) return yielded.error();
      row.node.reset();
    }
    const bool is_held = row.node && std::ranges::find(nodes.alive, *row.node) != nodes.alive.end();
    if (is_held || !IsWanted(nodes, duty)) continue;
    Result<PgRows> claimed =
        connection.Run(PgCall(kPgClaimDuty, nodes.self, DutyName(duty), row.term), deadline);
    if (!claimed) return claimed.error();
    if (claimed->Next()) row = {.node = nodes.self, .term = claimed->Unsigned(0)};
  }
  return {};
}

bool PgDuties::KeepsBounds(const Nodes& nodes) {
  return std::ranges::none_of(
             nodes.alive, [&](std::uint64_t node) { return May(nodes, node, Duty::kUpkeep); }) &&
         IsFirst(nodes, Duty::kUpkeep, std::views::all(nodes.alive));
}

bool PgDuties::Holds(std::uint64_t node, Duty duty) const {
  return rows_.at(static_cast<std::size_t>(duty)).node == node;
}

std::array<std::optional<std::uint64_t>, kDuties> PgDuties::TermsOf(std::uint64_t node) const {
  std::array<std::optional<std::uint64_t>, kDuties> terms{};
  for (const Duty duty : kAllDuties) {
    const auto place = static_cast<std::size_t>(duty);
    if (Holds(node, duty)) terms.at(place) = rows_.at(place).term;
  }
  return terms;
}

}  // namespace rtcroom
