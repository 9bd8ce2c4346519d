// Findings of a store check.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace rtcroom {

/// A state that a store written only by this program cannot have.
struct StoreFinding {
  std::string about{};  ///< "multi room r1", or a part of the store
  std::string what{};   ///< a sentence
};

/// The first findings, and the total number.
class StoreFindings {
 public:
  static constexpr std::size_t kMostKept = 1000;

  void Add(std::string about, std::string what) {
    ++count_;
    if (kept_.size() < kMostKept) kept_.push_back({std::move(about), std::move(what)});
  }

  [[nodiscard]] const std::vector<StoreFinding>& kept() const { return kept_; }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }

 private:
  std::vector<StoreFinding> kept_;
  std::size_t count_ = 0;
};

}  // namespace rtcroom
