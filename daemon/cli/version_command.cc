#include <openssl/crypto.h>
#include <sqlite3.h>
#include <zlib.h>

#include "daemon/base/version.h"
#include "daemon/cli/commands.h"

namespace rtcroom {

int RunVersion(const CliContext& context) {
  // The build says the first two, the libraries themselves the rest: they may have been updated
  // since this program was made.
  context.out << "rtcroomd " << kVersion << " (commit " RTCROOM_COMMIT ")\n"
              << "compiler " RTCROOM_COMPILER "\n"
              << OpenSSL_version(OPENSSL_VERSION) << '\n'
              << "SQLite " << sqlite3_libversion() << '\n'
              << "zlib " << zlibVersion() << '\n';
  return kExitOk;
}

}  // namespace rtcroom
