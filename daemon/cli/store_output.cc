#include "daemon/cli/store_output.h"

#include <algorithm>

#include <fmt/format.h>

namespace rtcroom {
namespace {

std::string Plain(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

void PrintStoreSize(std::ostream& out, const StoreReport& report) {
  out << fmt::format(
      "schema {}, epoch {}: {} rooms, {} pushers, {} viewers, {} events, {} sessions, {} bans, "
      "{} deliveries\n",
      report.schema, Plain(report.newest.epoch), report.rooms, report.pushers, report.audiences,
      report.events, report.sessions, report.bans, report.deliveries);
}

void PrintFindings(std::ostream& out, const StoreFindings& findings) {
  for (const StoreFinding& finding : findings.kept()) {
    out << Plain(finding.about) << ": " << Plain(finding.what) << '\n';
  }
  const std::size_t left_out = findings.count() - findings.kept().size();
  if (left_out > 0) out << "and " << left_out << " more\n";
}

}  // namespace rtcroom
