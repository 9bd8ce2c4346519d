// Texts in the form that exec takes: an array of pointers with a null pointer at its end.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rtcroom {

/// Owns a copy of the texts. Neither copied nor moved, since it points into itself.
class CStrings {
 public:
  explicit CStrings(std::vector<std::string> texts) : texts_(std::move(texts)) {
    pointers_.reserve(texts_.size() + 1);
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  CStrings(const CStrings&) = delete;
  CStrings& operator=(const CStrings&) = delete;

  [[nodiscard]] char* const* get() const { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

}  // namespace rtcroom
