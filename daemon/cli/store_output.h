// How the commands print what they found in a store.
#pragma once

#include <ostream>
#include <string>

#include "storage/sqlite/store_check.h"

namespace rtcroom {

/// One line: how much there is.
void PrintStoreSize(std::ostream& out, const StoreReport& report);

/// One line for each finding, without characters that a terminal would obey: what is in a damaged
/// store can be anything.
void PrintFindings(std::ostream& out, const StoreFindings& findings);

}  // namespace rtcroom
