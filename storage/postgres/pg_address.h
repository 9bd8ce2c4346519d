// Where a database is, and with which credentials it is entered.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "storage/postgres/pg_hosts.h"

namespace rtcroom {

/// A parsed connection string. The connections to one address, and to its copies, share
/// which host takes connections, and which is the primary (`PgSharedHosts`).
class PgAddress {
 public:
  /// @param connection_string  a URI or keywords and values; in a URI, what separates its parts is
  /// percent-encoded within names and passwords.
  /// @param known  with which its connections begin if they can, and to which they report
  /// (`PgSharedHosts::known`); null: they begin with the first. Must outlive them.
  /// @errors kStoreBroken, without any part of the string: it may hold a password. Also when there
  /// is no libpq.
  /// @source PostgreSQL, "Connection Strings".
  static Result<PgAddress> Parse(const Secret& connection_string, PgReportedHost* known = nullptr);

  /// An address for each of its hosts; their connections report nothing to those of this one.
  [[nodiscard]] std::vector<PgAddress> Each() const;
  /// The state that its connections share.
  [[nodiscard]] PgSharedHosts& shared() const { return *shared_; }

 private:
  friend class PgConnection;
  using Settings = std::vector<std::pair<std::string, std::string>>;

  PgAddress(std::vector<std::pair<std::string, Secret>> options, Settings session, PgHosts hosts)
      : options_(std::move(options)), session_(std::move(session)), hosts_(std::move(hosts)) {}

  std::vector<std::pair<std::string, Secret>> options_;  ///< but for the hosts and the settings
  Settings session_;                                     ///< settings of a session, from `options`
  PgHosts hosts_;
  std::shared_ptr<PgSharedHosts> shared_ = std::make_shared<PgSharedHosts>();
};

}  // namespace rtcroom
