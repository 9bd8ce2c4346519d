// The steps that create the tables, embedded at build time from storage/postgres/schema/*.sql.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rtcroom {

/// SQL of each step; the step at index i leads from schema version i to i + 1.
std::span<const std::string_view> PgSchemaSteps();

/// The newest version of the schema that this program knows.
inline std::int32_t NewestPgSchema() { return static_cast<std::int32_t>(PgSchemaSteps().size()); }

}  // namespace rtcroom
