#include "daemon/process/position_mark.h"

#include <array>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/atomic_file.h"
#include "daemon/base/file_descriptor.h"

namespace rtcroom {

PositionMark::PositionMark(const std::filesystem::path& store, RandomSource& random)
    : path_(store.string() + ".newest"), random_(random) {}

std::optional<Cursor> PositionMark::Read() const {
  const FileDescriptor file = OpenToRead(path_.c_str());
  if (!file.valid()) return std::nullopt;
  std::array<char, 64> content{};
  const ssize_t size = ::read(file.get(), content.data(), content.size());
  if (size <= 0) return std::nullopt;
  std::string_view line(content.data(), static_cast<std::size_t>(size));
  if (!line.ends_with('\n')) return std::nullopt;
  line.remove_suffix(1);
  return Cursor::Parse(line);
}

Status PositionMark::Record(const Cursor& newest) {
  if (recorded_ == newest) return {};
  const Status written =
      WriteFileAtomically(path_, newest.Encode() + '\n', S_IRUSR | S_IWUSR, random_);
  if (written) recorded_ = newest;
  return written;
}

std::uint64_t CountMissingEvents(const std::optional<Cursor>& mark, const Cursor& newest) {
  if (!mark || mark->position <= newest.position) return 0;
  if (mark->epoch != newest.epoch && newest.position != 0) return 0;
  return mark->position - newest.position;
}

}  // namespace rtcroom
