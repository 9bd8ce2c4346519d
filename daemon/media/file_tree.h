// The regular files below a folder, and no others.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// A folder that another program writes to. Links in it are not followed out of it: paths may come
/// from outside, and what they name may be exchanged at any time.
///
/// @threads safe from any thread; all functions wait for the disk.
class FileTree {
 public:
  struct File {
    std::string path{};  ///< path in the folder, without `.`, `..` and links; UTF-8 without NUL
    std::uint64_t bytes = 0;
    TimePoint written_at{};  ///< last change of its content

    bool operator==(const File&) const = default;
  };

  /// @param root  absolute; it need not exist yet.
  explicit FileTree(std::string root) : root_(std::move(root)) {}

  /// @param path  any text: absolute or in the folder, possibly through links.
  /// @errors kBadRequest, with the reason: there is no such regular file in the folder.
  /// kUnavailable:
  ///         the folder cannot be read.
  [[nodiscard]] Result<File> Find(std::string_view path) const;

  /// Calls `visit` for each file, in no order, until it returns false. Leaves out files that
  /// disappear meanwhile, those whose path is not UTF-8, and folders that may not be read.
  /// @errors kUnavailable: the folder itself cannot be read, or not to its end.
  Status Visit(const std::function<bool(File file)>& visit) const;

  /// Removes a file that `Find` or `Visit` named. A link is removed itself.
  /// @errors kBadRequest: not such a path; kUnavailable. That it does not exist is none.
  [[nodiscard]] Status Remove(std::string_view path) const;

  /// Removes the folders of a file that was removed, as far as they are empty. Links are left.
  void RemoveEmptyFolders(std::string_view path) const;

 private:
  const std::string root_;
};

}  // namespace rtcroom
