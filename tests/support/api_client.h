// A client of the room API, as strict as a phone: it verifies the server's certificate.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace rtcroom {

/// A reply of the server.
struct ApiReply {
  int status = 0;  ///< HTTP; 0 when there was no reply
  /// Names in lower case; of a repeated header, one.
  std::map<std::string, std::string> headers;
  std::string text;     ///< the raw body
  nlohmann::json json;  ///< the parsed body; discarded when it is not JSON

  /// The protocol's code; kNoCode when the reply has none.
  [[nodiscard]] int code() const;
  /// A string field of the reply; empty when it has none.
  [[nodiscard]] std::string Text(std::string_view field) const;
};
std::ostream& operator<<(std::ostream& out, const ApiReply& reply);

struct ApiRequest {
  std::string method = "POST";
  std::string target = {};  ///< path and query, sent unmodified
  std::string content_type = "application/json";
  std::string body = {};
  std::map<std::string, std::string> headers = {};
};

/// One keep-alive connection, opened on first use.
///
/// @threads for one thread.
class ApiClient {
 public:
  /// Uses HTTPS and trusts only `trusted_certificate`.
  ApiClient(int port, const std::filesystem::path& trusted_certificate);
  /// Uses plain HTTP.
  explicit ApiClient(int port);
  ~ApiClient();
  ApiClient(ApiClient&&) noexcept;
  ApiClient& operator=(ApiClient&&) noexcept;

  /// POST /weapp/<kind>/<endpoint>?<query> with a JSON body; with an empty query, the `?` is
  /// omitted too.
  ApiReply Call(std::string_view kind, std::string_view endpoint, const nlohmann::json& body,
                std::string_view query = {});

  ApiReply Get(const std::string& target);

  /// Never throws: without a reply the status is 0 and the text contains the reason.
  ApiReply Send(const ApiRequest& request);

  /// Every later request has this header, too.
  void SetHeader(const std::string& name, std::string value) { headers_[name] = std::move(value); }

  /// Ends a request that another thread is sending or waiting for; that one gets no reply.
  /// @threads from any thread.
  void Interrupt();

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
  std::map<std::string, std::string> headers_;  ///< of every request
};

}  // namespace rtcroom
