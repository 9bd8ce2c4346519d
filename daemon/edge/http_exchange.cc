#include "daemon/edge/http_exchange.h"

#include <exception>
#include <string_view>
#include <typeinfo>
#include <utility>

#include <fmt/format.h>
#include <httplib.h>

// They decide the layout of its types; without them this file and the library would disagree.
#if !defined(CPPHTTPLIB_OPENSSL_SUPPORT) || !defined(CPPHTTPLIB_ZLIB_SUPPORT) || \
    !defined(CPPHTTPLIB_BROTLI_SUPPORT)
#error "compile with the flags of `pkg-config --cflags cpp-httplib`"
#endif

namespace rtcroom {
namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";

/// What the library takes for the client's connection: it reads one request and no more.
class MemoryStream : public httplib::Stream {
 public:
  MemoryStream(std::string request, const std::string& peer_address)
      : request_(std::move(request)), peer_address_(peer_address) {}

  [[nodiscard]] bool is_readable() const override { return read_ < request_.size(); }
  [[nodiscard]] bool is_writable() const override { return true; }

  ssize_t read(char* to, size_t size) override {
    const std::size_t count = request_.copy(to, size, read_);
    read_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t size) override {
    reply_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = peer_address_;
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  // Only compared with the bound of select(), which nobody calls here.
  [[nodiscard]] socket_t socket() const override { return INVALID_SOCKET; }

  std::string TakeReply() { return std::move(reply_); }

 private:
  const std::string request_;
  const std::string& peer_address_;
  std::size_t read_ = 0;
  std::string reply_;
};

HttpRequest ToRequest(const httplib::Request& parsed) {
  const std::size_t question = parsed.target.find('?');
  return {
      .method = parsed.method,
      .path = parsed.path,
      .query = question == std::string::npos ? "" : parsed.target.substr(question + 1),
      .content_type = parsed.get_header_value("Content-Type"),
      .origin = parsed.get_header_value("Origin"),
      .body = parsed.body,
      .peer_address = parsed.remote_addr,
      .request_id = {},
  };
}

/// Answers nothing in particular.
class SilentHandler : public HttpHandler {
 public:
  HttpReply Handle(HttpRequest /*request*/) override { return {}; }
  HttpReply Refuse(int status, const std::string& /*reason*/) override {
    return {.status = status};
  }
};

void Fill(httplib::Response& response, HttpReply reply) {
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) response.set_header(name, value);
  if (!reply.body.empty() && !response.has_header("Content-Type")) {
    response.set_header("Content-Type", std::string(kJson));
  }
  response.body = std::move(reply.body);
}

}  // namespace

class HttpExchange::Library : public httplib::Server {
 public:
  Library(HttpHandler& handler, const std::atomic<bool>& draining)
      : handler_(handler), draining_(draining) {
    // It comes before the library reads a body or looks for a route: it is the only route.
    set_pre_routing_handler([this](const httplib::Request& parsed, httplib::Response& response) {
      Fill(response, AnswerSafely(parsed));
      return HandlerResponse::Handled;
    });
    // Called for every reply from 400 on; a body is missing in the library's own ones only.
    set_error_handler(Handler([this](const httplib::Request&, httplib::Response& response) {
      if (!response.body.empty()) return;
      Fill(response, handler_.Refuse(response.status, "request line"));
    }));
    set_post_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      // Promises of the library's own connection loop, which does not run.
      response.headers.erase("Keep-Alive");
      response.headers.erase("Accept-Ranges");
      if (draining_ && !response.has_header("Connection")) {
        response.set_header("Connection", "close");
      }
      if (response.status == 204) response.headers.erase("Content-Length");  // RFC 9110 8.6
    });
  }

  std::string Run(FramedRequest request, const std::string& peer_address) {
    MemoryStream stream(request.request_line + "\r\n\r\n", peer_address);
    bool closed = false;  // the framer has decided that already
    process_request(stream, !request.keep_alive, closed, [&](httplib::Request& parsed) {
      // `set_header` takes a value as it is; the library's parser would percent-decode it.
      parsed.set_header("Content-Type", request.content_type);
      parsed.set_header("Origin", request.origin);
      parsed.body = std::move(request.body);
    });
    return stream.TakeReply();
  }

 private:
  HttpReply AnswerSafely(const httplib::Request& parsed) {
    try {
      return handler_.Handle(ToRequest(parsed));
    } catch (const std::exception& thrown) {
      // Its text may quote the request, so not even the log gets more than the type.
      return handler_.Refuse(500, fmt::format("exception {}", typeid(thrown).name()));
    } catch (...) {
      return handler_.Refuse(500, "exception of unknown type");
    }
  }

  HttpHandler& handler_;
  const std::atomic<bool>& draining_;
};

HttpExchange::HttpExchange(HttpHandler& handler, const std::atomic<bool>& draining)
    : handler_(handler), library_(std::make_unique<Library>(handler, draining)) {
  // The library fills its static tables at its first request. That is to be over before there are
  // threads: it is built without the thread sanitizer, which would not see that they are guarded.
  SilentHandler silent;
  (void)Library(silent, draining).Run({.request_line = "POST / HTTP/1.1"}, "");
}
HttpExchange::~HttpExchange() = default;

std::string HttpExchange::Answer(FramedRequest request, const std::string& peer_address) {
  return library_->Run(std::move(request), peer_address);
}

std::string HttpExchange::Refuse(int status, const std::string& reason) {
  const HttpReply reply = handler_.Refuse(status, reason);
  return fmt::format(
      "HTTP/1.1 {} Refused\r\n"
      "Content-Type: {}\r\n"
      "Content-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      reply.status, kJson, reply.body.size(), reply.body);
}

}  // namespace rtcroom
