// The PostgreSQL database that a command is for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/cli/commands.h"
#include "storage/postgres/pg_address.h"

namespace rtcroom {

/// How a database is shown, as by `StoreUrl::Shown`.
inline constexpr std::string_view kShownDatabase = "postgresql://***";

/// The database: `url` of the command line, or else `store.url`.
struct DatabaseChoice {
  ConfigPath config = {};
  std::optional<std::string> url = {};
  std::string_view option = "--store";  ///< by which `url` was given
};

/// @return nullopt when none was chosen; the reason is printed to `err`. A URL with a password is
/// refused on the command line, where every user of the machine can see it.
std::optional<PgAddress> FindDatabase(const DatabaseChoice& choice, const CliContext& context);

}  // namespace rtcroom
