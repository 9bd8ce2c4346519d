#include "daemon/cli/store_output.h"

#include <fmt/format.h>

#include "daemon/cli/printable.h"

namespace rtcroom {

void PrintStoreSize(std::ostream& out, const StoreReport& report) {
  out << fmt::format(
      "schema {}, epoch {}: {} rooms, {} pushers, {} viewers, {} events, {} sessions, {} bans, "
      "{} deliveries, {} messages, {} revocations, {} recordings\n",
      report.schema, Printable(report.newest.epoch), report.rooms, report.pushers, report.audiences,
      report.events, report.sessions, report.bans, report.deliveries, report.messages,
      report.revocations, report.recordings);
}

void PrintFindings(std::ostream& out, const StoreFindings& findings) {
  for (const StoreFinding& finding : findings.kept()) {
    out << Printable(finding.about) << ": " << Printable(finding.what) << '\n';
  }
  const std::size_t left_out = findings.count() - findings.kept().size();
  if (left_out > 0) out << "and " << left_out << " more\n";
}

}  // namespace rtcroom
