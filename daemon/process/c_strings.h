// Texts in the form of exec arguments: an array of pointers, ended by a null pointer.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rtcroom {

/// Owns a copy of the texts. Neither copyable nor movable, since it points into itself.
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
