#include "daemon/cli/database.h"

#include "daemon/base/secret.h"
#include "daemon/cli/section_config.h"
#include "daemon/config/store_url.h"

namespace rtcroom {
namespace {

std::optional<StoreUrl> FindUrl(const DatabaseChoice& choice, const CliContext& context) {
  if (choice.url) return StoreUrl(*choice.url);
  const std::optional<Config> config = LoadSection("store", choice.config, context);
  if (!config) return std::nullopt;
  return config->store.url;
}

}  // namespace

std::optional<PgAddress> FindDatabase(const DatabaseChoice& choice, const CliContext& context) {
  const std::optional<StoreUrl> url = FindUrl(choice, context);
  if (!url) return std::nullopt;
  const std::string_view name = choice.url ? choice.option : "store.url";
  if (!url->IsPostgres()) {
    context.err << name << ": is not a PostgreSQL database (postgresql://HOST/DATABASE)\n";
    return std::nullopt;
  }
  if (choice.url && url->HasPassword()) {
    context.err << name
                << ": every user of the machine can see a password there: it belongs in the"
                   " configuration, in RTCROOMD_STORE_URL, or in a password file (PGPASSFILE)\n";
    return std::nullopt;
  }
  Result<PgAddress> address = PgAddress::Parse(Secret(url->Reveal()));
  if (!address) {
    context.err << name << ": " << address.error().detail << '\n';
    return std::nullopt;
  }
  return *std::move(address);
}

}  // namespace rtcroom
