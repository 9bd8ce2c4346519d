#include "tests/support/power_cut_file.h"

#include <algorithm>
#include <iterator>

namespace rtcroom {
namespace {

void Overwrite(std::string& image, std::uint64_t offset, std::string_view bytes) {
  if (image.size() < offset + bytes.size()) image.resize(offset + bytes.size());
  std::ranges::copy(bytes, std::next(image.begin(), static_cast<std::ptrdiff_t>(offset)));
}

/// Probability that an unsynced change of a file survives this cut, in per cent. The extremes are
/// common in practice (a cache that never wrote, one that just wrote everything) and rare with an
/// independent decision for each change.
unsigned DrawSurvivalPercent(std::mt19937_64& random) {
  constexpr unsigned kChoices[] = {0, 25, 50, 75, 95, 100};
  return kChoices[random() % std::size(kChoices)];
}

}  // namespace

void PowerCutFile::Write(std::uint64_t offset, std::string_view bytes) {
  unsynced_.emplace_back(WriteChange{.offset = offset, .bytes = std::string(bytes)});
  Apply(unsynced_.back(), image_);
}

void PowerCutFile::Truncate(std::uint64_t size) {
  unsynced_.emplace_back(TruncateChange{.size = size});
  Apply(unsynced_.back(), image_);
}

void PowerCutFile::Sync() {
  for (const Change& change : unsynced_) Apply(change, durable_);
  unsynced_.clear();
}

std::size_t PowerCutFile::Read(std::uint64_t offset, std::span<char> into) const {
  if (offset >= image_.size()) return 0;
  return image_.copy(into.data(), into.size(), offset);
}

std::string PowerCutFile::AfterCut(const PowerCutDiskOptions& disk, std::mt19937_64& random) const {
  const unsigned survival_percent = DrawSurvivalPercent(random);
  std::vector<const Change*> survivors;
  for (const Change& change : unsynced_) {
    if (random() % 100 < survival_percent) survivors.push_back(&change);
  }
  // A disk may reorder writes; half of the cuts keep the order nevertheless.
  if (random() % 2 == 0) std::ranges::shuffle(survivors, random);

  std::string image = durable_;
  for (const Change* change : survivors) {
    const auto* write = std::get_if<WriteChange>(change);
    if (write != nullptr && random() % 8 == 0) {
      ApplyTorn(*write, disk, random, image);
    } else {
      Apply(*change, image);
    }
  }
  return image;
}

void PowerCutFile::Apply(const Change& change, std::string& image) {
  if (const auto* write = std::get_if<WriteChange>(&change)) {
    Overwrite(image, write->offset, write->bytes);
  } else {
    image.resize(std::get<TruncateChange>(change).size);
  }
}

void PowerCutFile::ApplyTorn(const WriteChange& write, const PowerCutDiskOptions& disk,
                             std::mt19937_64& random, std::string& image) {
  if (write.bytes.empty()) return;
  const std::uint64_t end = write.offset + write.bytes.size();
  const std::uint64_t first_sector = write.offset / disk.sector_size;
  const std::uint64_t sectors = (end - 1) / disk.sector_size - first_sector + 1;

  // The power failed during the write of one sector: the sectors on one side of it are on the disk.
  const std::uint64_t torn_begin = (first_sector + random() % sectors) * disk.sector_size;
  const std::uint64_t torn_end = torn_begin + disk.sector_size;
  const bool keep_prefix = random() % 2 == 0;
  const std::uint64_t kept_begin = keep_prefix ? write.offset : std::min(torn_end, end);
  const std::uint64_t kept_end = keep_prefix ? std::max(torn_begin, write.offset) : end;
  if (kept_begin < kept_end) {
    Overwrite(
        image, kept_begin,
        std::string_view(write.bytes).substr(kept_begin - write.offset, kept_end - kept_begin));
  }
  if (random() % 2 == 0) return;  // the torn sector keeps its old content

  std::uint64_t garbage_begin = std::max(torn_begin, write.offset);
  std::uint64_t garbage_end = std::min(torn_end, end);
  if (!disk.powersafe_overwrite) {
    garbage_begin = torn_begin;
    garbage_end =
        std::max<std::uint64_t>(garbage_end, std::min<std::uint64_t>(torn_end, image.size()));
  }
  std::string garbage(garbage_end - garbage_begin, '\0');
  std::ranges::generate(garbage, [&] { return static_cast<char>(random() & 0xFF); });
  Overwrite(image, garbage_begin, garbage);
}

}  // namespace rtcroom
