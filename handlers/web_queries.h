// The queries of browsers' addresses, read as forms.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/auth/web_addresses.h"
#include "handlers/stream_arguments.h"

namespace rtcroom {

/// @threads immutable: safe from any thread.
class WebQueries : public WebSignatures {
 public:
  /// @param addresses  outlives this.
  explicit WebQueries(const WebAddresses& addresses) : addresses_(addresses) {}

  [[nodiscard]] std::optional<WebGrant> Read(WebDirection direction, const WebStreamName& name,
                                             std::string_view query) const override {
    const FormPairs pairs = ParseForm(query);
    return addresses_.Read(direction, name, StreamArgumentsOf(pairs));
  }
  [[nodiscard]] std::string PlayQuery(const WebStreamName& name, const PushBinding* binding,
                                      TimePoint now) const override {
    return addresses_.PlayQuery(name, binding, now);
  }

 private:
  const WebAddresses& addresses_;
};

}  // namespace rtcroom
