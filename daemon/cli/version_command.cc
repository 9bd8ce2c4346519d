#include <openssl/crypto.h>
#include <sqlite3.h>
#include <zlib.h>

#include "daemon/base/version.h"
#include "daemon/cli/commands.h"

namespace rtcroom {

int RunVersion(const CliContext& context) {
  // Version and compiler come from the build; library versions from the libraries, which may have
  // been updated since.
  context.out << "rtcroomd " << kVersion << " (commit " RTCROOM_COMMIT ")\n"
              << "compiler " RTCROOM_COMPILER "\n"
              << OpenSSL_version(OPENSSL_VERSION) << '\n'
              << "SQLite " << sqlite3_libversion() << '\n'
              << "zlib " << zlibVersion() << '\n';
  return kExitOk;
}

}  // namespace rtcroom
