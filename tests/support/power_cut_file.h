// One file of a disk that can lose power: its durable content and the unsynced changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rtcroom {

/// Guarantees of the disk, besides the durability of synced bytes.
struct PowerCutDiskOptions {
  /// The unit in which a write tears, in bytes.
  std::size_t sector_size = 4096;
  /// An interrupted write preserves the bytes around it. Otherwise any sector that the write
  /// touches may contain garbage.
  bool powersafe_overwrite = true;
};

/// @threads for one thread at a time; the disk guards it with its own lock.
class PowerCutFile {
 public:
  PowerCutFile() = default;
  /// A file whose content is durable.
  explicit PowerCutFile(std::string image) : image_(std::move(image)), durable_(image_) {}

  void Write(std::uint64_t offset, std::string_view bytes);
  void Truncate(std::uint64_t size);
  void Sync();
  /// @return the number of bytes read, at most the size of `into`.
  std::size_t Read(std::uint64_t offset, std::span<char> into) const;
  [[nodiscard]] std::uint64_t Size() const { return image_.size(); }

  /// The possible disk content after a power cut: the durable content plus some of the unsynced
  /// changes, in any order, some of them torn.
  [[nodiscard]] std::string AfterCut(const PowerCutDiskOptions& disk,
                                     std::mt19937_64& random) const;

 private:
  struct WriteChange {
    std::uint64_t offset = 0;
    std::string bytes;
  };
  struct TruncateChange {
    std::uint64_t size = 0;
  };
  using Change = std::variant<WriteChange, TruncateChange>;

  static void Apply(const Change& change, std::string& image);
  static void ApplyTorn(const WriteChange& write, const PowerCutDiskOptions& disk,
                        std::mt19937_64& random, std::string& image);

  std::string image_;    // as visible to the running system
  std::string durable_;  // as of the last sync
  std::vector<Change> unsynced_;
};

}  // namespace rtcroom
