#include "daemon/config/default_config.h"

#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "daemon/config/config_key.h"

namespace rtcroom {

std::string DefaultConfigText() {
  std::string text =
      "# Configuration of rtcroomd: every key with its default. Leave out what stays as it is.\n"
      "# Each key can also be set by the environment as RTCROOMD_<SECTION>_<KEY>, a secret by\n"
      "# RTCROOMD_<SECTION>_<KEY>_FILE, which names a file that holds it.\n"
      "#\n"
      "# As it is, it lacks what only you know. Fill in server.tls_cert and server.tls_key, or "
      "set\n"
      "# server.http_listen (behind a proxy), and server.https_listen to \"\".\n";
  std::string_view section;
  const Config defaults;
  for (const ConfigKey& key : AllConfigKeys()) {
    if (key.section != section) fmt::format_to(std::back_inserter(text), "\n[{}]\n", key.section);
    section = key.section;
    const std::string takes = DescribeRule(key.rule);
    fmt::format_to(std::back_inserter(text), "# {}{}\n{} = {}\n", key.comment,
                   takes.empty() ? "" : fmt::format(" ({})", takes), key.name,
                   WriteValue(key.rule, key.get(defaults)));
  }
  return text;
}

}  // namespace rtcroom
