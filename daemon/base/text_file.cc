#include "daemon/base/text_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include <fmt/format.h>

namespace rtcroom {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};

Error CannotRead(int reason) {
  return Error{Errc::kBadRequest, "cannot be read: " + std::system_category().message(reason)};
}

}  // namespace

Result<std::string> ReadTextFile(const std::string& path, std::size_t most) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) return CannotRead(errno);
  std::string content;
  std::array<char, 4096> chunk{};
  while (std::feof(file.get()) == 0) {
    content.append(chunk.data(), std::fread(chunk.data(), 1, chunk.size(), file.get()));
    if (std::ferror(file.get()) != 0) return CannotRead(errno);
    if (content.size() > most) {
      return Error{Errc::kBadRequest, fmt::format("is longer than {} bytes", most)};
    }
  }
  return content;
}

}  // namespace rtcroom
