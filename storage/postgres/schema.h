// The steps that create the tables, embedded at build time from storage/postgres/schema/*.sql.
#pragma once

#include <span>
#include <string_view>

namespace rtcroom {

/// SQL of each step; the step at index i leads from schema version i to i + 1.
std::span<const std::string_view> PgSchemaSteps();

}  // namespace rtcroom
