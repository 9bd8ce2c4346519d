// Asks the machines of a database how they are copied.
#pragma once

#include <memory>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/store_replication.h"
#include "storage/postgres/pg_address.h"
#include "storage/postgres/pg_connection.h"

namespace rtcroom {

/// Has a connection to each host that takes writes. An account without `pg_monitor` does not see
/// which standbys are synchronous: all of them count then.
class PgReplication : public ReplicationSource {
 public:
  /// @param address  whose connections report late commits, and hear why; shared with its copies.
  /// @param clock  must outlive this.
  PgReplication(const PgAddress& address, const Clock& clock);

  [[nodiscard]] bool IsLate() const override { return address_.shared().is_late; }
  StoreReplication Ask(const std::stop_token& stop) override;

 private:
  const PgAddress address_;
  const Clock& clock_;
  std::vector<std::unique_ptr<PgConnection>> hosts_;
};

/// Commands need it: they change the first host that takes writes, and that may be an old primary
/// that lives on beside its successor. Takes some seconds when a host does not answer; asks none
/// where there is only one.
/// @errors kStoreBroken, with their names, when several hosts say that they take writes.
Status RequireOnePgPrimary(const PgAddress& address, const Clock& clock);

}  // namespace rtcroom
