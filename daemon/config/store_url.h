// The address of the store, which may hold a password.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/secret.h"

namespace rtcroom {

/// Whether `text` begins as the URL of a PostgreSQL database.
bool IsPostgresUrl(std::string_view text);

/// A URL of `CheckStoreUrl`. Streams print it as it is shown; the whole text is accessible only
/// through `Reveal`.
class StoreUrl {
 public:
  explicit StoreUrl(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& Reveal() const { return text_.Reveal(); }
  /// `postgresql://***` for a database, which may tell names and passwords; any other in full.
  [[nodiscard]] std::string Shown() const;
  [[nodiscard]] bool IsPostgres() const { return IsPostgresUrl(text_.Reveal()); }
  /// Whether a password is part of it, after the user's name or as a parameter.
  [[nodiscard]] bool HasPassword() const;

  bool operator==(const StoreUrl&) const = default;

 private:
  Secret text_;
};

inline std::ostream& operator<<(std::ostream& out, const StoreUrl& url) {
  return out << url.Shown();
}

}  // namespace rtcroom
