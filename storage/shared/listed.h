// Constants that are found together, each defined in the file that uses it.
#pragma once

#include <utility>
#include <vector>

namespace rtcroom {

/// A base of constants at namespace scope: each adds itself to the list of its type before `main`
/// begins. Those of a file that is not linked are missing, as are their users.
///
/// @threads safe from any thread, once `main` has begun.
template <typename Self>
class Listed {
 public:
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;

  /// All of them, in no order.
  static std::vector<const Self*> All() {
    std::vector<const Self*> all;
    for (const Listed* each = last_; each != nullptr; each = each->previous_) {
      all.push_back(static_cast<const Self*>(each));
    }
    return all;
  }

 protected:
  Listed() : previous_(std::exchange(last_, this)) {}
  ~Listed() = default;

 private:
  static inline constinit const Listed* last_ = nullptr;

  const Listed* const previous_;
};

}  // namespace rtcroom
