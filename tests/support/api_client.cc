#include "tests/support/api_client.h"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <ctime>
#include <utility>

#include <httplib.h>

#include "tests/support/eventually.h"
#include "tests/support/protocol_code.h"

namespace rtcroom {
namespace {

constexpr const char* kHost = "127.0.0.1";

std::string LowerCase(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

void Prepare(httplib::ClientImpl& client) {
  const auto timeout = static_cast<std::time_t>(kWaitTimeout.count());
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  client.set_url_encode(false);  // tests choose the raw bytes of the target
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.set_write_timeout(timeout);
}

}  // namespace

class ApiClient::Connection {
 public:
  explicit Connection(std::unique_ptr<httplib::ClientImpl> client) : client_(std::move(client)) {
    Prepare(*client_);
  }
  httplib::ClientImpl& client() { return *client_; }

 private:
  std::unique_ptr<httplib::ClientImpl> client_;
};

int ApiReply::code() const { return CodeOf(json); }

std::string ApiReply::Text(std::string_view field) const {
  if (!json.is_object()) return {};
  const auto found = json.find(field);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::ostream& operator<<(std::ostream& out, const ApiReply& reply) {
  return out << "HTTP " << reply.status << " " << reply.text;
}

ApiClient::ApiClient(int port, const std::filesystem::path& trusted_certificate) {
  // OpenSSL writes without MSG_NOSIGNAL: SIGPIPE after a server was killed would end the test.
  std::signal(SIGPIPE, SIG_IGN);
  auto client = std::make_unique<httplib::SSLClient>(kHost, port);
  client->set_ca_cert_path(trusted_certificate.string());
  client->enable_server_certificate_verification(true);
  connection_ = std::make_unique<Connection>(std::move(client));
}

ApiClient::ApiClient(int port)
    : connection_(
          std::make_unique<Connection>(std::make_unique<httplib::ClientImpl>(kHost, port))) {}

ApiClient::~ApiClient() = default;
ApiClient::ApiClient(ApiClient&&) noexcept = default;
ApiClient& ApiClient::operator=(ApiClient&&) noexcept = default;

ApiReply ApiClient::Call(std::string_view kind, std::string_view endpoint,
                         const nlohmann::json& body, std::string_view query) {
  ApiRequest request{.body = body.dump()};
  request.target.append("/weapp/").append(kind).append("/").append(endpoint);
  if (!query.empty()) request.target.append("?").append(query);
  return Send(request);
}

ApiReply ApiClient::Get(const std::string& target) {
  ApiRequest request;
  request.method = "GET";
  request.target = target;
  request.content_type.clear();
  return Send(request);
}

void ApiClient::Interrupt() { connection_->client().stop(); }

ApiReply ApiClient::Send(const ApiRequest& request) {
  httplib::Request sent;
  sent.method = request.method;
  sent.path = request.target;
  sent.body = request.body;
  if (!request.content_type.empty()) sent.set_header("Content-Type", request.content_type);
  for (const auto& [name, value] : headers_) sent.set_header(name, value);
  for (const auto& [name, value] : request.headers) sent.set_header(name, value);

  ApiReply reply;
  const httplib::Result result = connection_->client().send(sent);
  if (!result) {
    reply.text = "no reply: " + httplib::to_string(result.error());
    reply.json = nlohmann::json(nlohmann::json::value_t::discarded);
    return reply;
  }
  reply.status = result->status;
  reply.text = result->body;
  for (const auto& [name, value] : result->headers) reply.headers[LowerCase(name)] = value;
  reply.json = nlohmann::json::parse(reply.text, nullptr, /*allow_exceptions=*/false);
  return reply;
}

}  // namespace rtcroom
