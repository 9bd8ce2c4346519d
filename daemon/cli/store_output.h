// Output formats of the commands on stores.
#pragma once

#include <ostream>
#include <string>

#include "storage/shared/store_report.h"

namespace rtcroom {

/// One line: the size of the store.
void PrintStoreSize(std::ostream& out, const StoreReport& report);

/// One line per finding, without terminal control characters: a damaged store can contain anything.
void PrintFindings(std::ostream& out, const StoreFindings& findings);

}  // namespace rtcroom
