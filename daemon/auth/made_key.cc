#include "daemon/auth/made_key.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include <sys/stat.h>

#include "daemon/base/atomic_file.h"

namespace rtcroom {

Result<Secret> LoadKey(const std::filesystem::path& path) {
  Result<std::string> text = ReadSmallFile(path);
  if (!text) return text.error();
  text->resize(std::min(text->find_first_of("\r\n"), text->size()));
  return Secret(*std::move(text));
}

Result<Secret> LoadOrMakeKey(const std::filesystem::path& path, std::size_t bytes,
                             RandomSource& random) {
  std::error_code unknown;  // an inaccessible file counts as missing, and the write then fails
  if (std::filesystem::exists(path, unknown)) {
    Result<Secret> kept = LoadKey(path);
    if (!kept || !kept->empty()) return kept;
  }
  std::string key = RandomHex(random, bytes);
  const Status written = WriteFileAtomically(path, key + "\n", S_IRUSR | S_IWUSR, random);
  if (!written) return written.error();
  return Secret(std::move(key));
}

}  // namespace rtcroom
