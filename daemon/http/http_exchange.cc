#include "daemon/http/http_exchange.h"

#include <exception>
#include <functional>
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
  explicit MemoryStream(std::string request) : request_(std::move(request)) {}

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
    ip.clear();
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
  std::size_t read_ = 0;
  std::string reply_;
};

void Fill(httplib::Response& response, HttpReply reply) {
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) response.set_header(name, value);
  if (!reply.body.empty() && !response.has_header("Content-Type")) {
    response.set_header("Content-Type", std::string(kJson));
  }
  // Whatever a client sent comes back as the type that is said, or not at all.
  if (!response.has_header("X-Content-Type-Options")) {
    response.set_header("X-Content-Type-Options", "nosniff");
  }
  response.body = std::move(reply.body);
}

/// One run of the library, from the path of a request to the bytes of its reply.
struct Run {
  /// Makes the reply; nothing when it will come later. Given the path, percent-decoded.
  const std::function<std::optional<HttpReply>(const std::string& path)>& produce;
  ReplyForm form;
  bool was_deferred = false;
};

/// The run that goes on in this thread. The library hands no context through to its callbacks, and
/// calls them in the thread of `process_request`.
thread_local Run* current_run = nullptr;

}  // namespace

class HttpExchange::Library : public httplib::Server {
 public:
  Library(HttpHandler& handler, const std::atomic<bool>& draining) {
    // It comes before the library reads a body or looks for a route: it is the only route.
    set_pre_routing_handler([](const httplib::Request& parsed, httplib::Response& response) {
      std::optional<HttpReply> reply = current_run->produce(parsed.path);
      current_run->was_deferred = !reply;
      if (reply) Fill(response, *std::move(reply));
      return HandlerResponse::Handled;
    });
    // Called for every reply from 400 on; a body is missing in the library's own ones only.
    set_error_handler(Handler([&handler](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty()) Fill(response, handler.Refuse(response.status, "request line"));
    }));
    set_post_routing_handler([&draining](const httplib::Request&, httplib::Response& response) {
      // Promises of the library's own connection loop, which does not run.
      response.headers.erase("Keep-Alive");
      response.headers.erase("Accept-Ranges");
      ReplyForm& form = current_run->form;
      if (form.keep_alive && draining && !form.more_follows) {
        form.keep_alive = false;
        response.set_header("Connection", "close");
      } else if (form.keep_alive && form.version == HttpVersion::k10) {
        response.set_header("Connection", "keep-alive");  // what 1.1 means without a word
      }
      // RFC 9110 8.6: for 204 it would be wrong, for 304 it would be that of a reply with a body.
      if (response.status == 204 || response.status == 304) {
        response.headers.erase("Content-Length");
      }
    });
  }

  /// @return nothing when `produce` did not.
  std::optional<WireReply> Process(
      const std::string& path, ReplyForm form,
      const std::function<std::optional<HttpReply>(const std::string& path)>& produce) {
    // The method is the handler's business. The library knows some only, and wants a body for
    // others; of this one it knows all that matters to it.
    const char* const method = form.without_body ? "HEAD" : "GET";
    MemoryStream stream(fmt::format("{} {} HTTP/1.1\r\n\r\n", method, path));
    Run run{.produce = produce, .form = form};
    Run* const outer = std::exchange(current_run, &run);
    bool closed = false;  // the framer has decided that already
    process_request(stream, !form.keep_alive, closed, nullptr);
    current_run = outer;
    if (run.was_deferred) return std::nullopt;
    return WireReply{.bytes = stream.TakeReply(), .keep_alive = run.form.keep_alive};
  }
};

HttpExchange::HttpExchange(HttpHandler& handler, const std::atomic<bool>& draining)
    : handler_(handler), library_(std::make_unique<Library>(handler, draining)) {
  // The library fills its static tables at its first request. That is to be over before there are
  // threads: it is built without the thread sanitizer, which would not see that they are guarded.
  (void)library_->Process("/", {}, [](const std::string&) { return HttpReply(); });
}
HttpExchange::~HttpExchange() = default;

std::optional<WireReply> HttpExchange::Answer(FramedRequest request, std::string client_address,
                                              MonotonicTime begun, const DeferReply& defer) {
  const ReplyForm form = ReplyForm::Of(request);
  const std::string raw_path = std::move(request.path);
  const auto handle = [&](const std::string& path) -> std::optional<HttpReply> {
    try {
      return handler_.Handle({.method = std::move(request.method),
                              .path = path,
                              .query = std::move(request.query),
                              .content_type = std::move(request.content_type),
                              .origin = std::move(request.origin),
                              .if_none_match = std::move(request.if_none_match),
                              .authorization = std::move(request.authorization),
                              .body = std::move(request.body),
                              .peer_address = std::move(client_address),
                              .begun = begun,
                              .request_id = {}},
                             defer);
    } catch (const std::exception& thrown) {
      // Its text may quote the request, so not even the log gets more than the type.
      return handler_.Refuse(500, fmt::format("exception {}", typeid(thrown).name()));
    } catch (...) {
      return handler_.Refuse(500, "exception of unknown type");
    }
  };
  return library_->Process(raw_path, form, std::cref(handle));
}

WireReply HttpExchange::Write(const ReplyForm& form, HttpReply reply) {
  return *library_->Process("/", form,
                            [&](const std::string&) { return std::optional(std::move(reply)); });
}

std::string HttpExchange::StreamHead(const HttpReply& reply) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (const auto& [name, value] : reply.headers) head += fmt::format("{}: {}\r\n", name, value);
  return head + "Connection: close\r\n\r\n";
}

WireReply HttpExchange::Refuse(const ReplyForm& form, int status, const std::string& reason) {
  return Write(form, handler_.Refuse(status, reason));
}

}  // namespace rtcroom
