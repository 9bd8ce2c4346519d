#include "daemon/base/logger.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "daemon/base/log_scope.h"
#include "daemon/base/log_writer.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMaxTextBytes = 256;
constexpr std::string_view kRequestId = "request_id";

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::off;
}

LogLevel FromSpdlog(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::err:
      return LogLevel::kError;
    case spdlog::level::warn:
      return LogLevel::kWarn;
    case spdlog::level::info:
      return LogLevel::kInfo;
    default:
      return LogLevel::kDebug;
  }
}

/// Forwards lines; the mutex guards the formatter, and the writer does not block.
class WriterSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit WriterSink(LogWriter& out) : out_(out) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    line_.clear();
    formatter_->format(message, line_);
    out_.Write(FromSpdlog(message.level), {line_.data(), line_.size()});
  }
  void flush_() override {}

 private:
  LogWriter& out_;
  spdlog::memory_buf_t line_;
};

using FileSink = spdlog::sinks::stdout_sink_base<spdlog::details::console_mutex>;

/// Valid inside a JSON string and harmless in a terminal: quotes, backslashes and control
/// characters are escaped; other bytes go through.
void AppendEscaped(fmt::memory_buffer& line, std::string_view text) {
  const bool cut = text.size() > kMaxTextBytes;
  std::size_t length = cut ? kMaxTextBytes : text.size();
  // A cut must not split a UTF-8 sequence: step back over continuation bytes.
  while (cut && length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) --length;
  for (const char c : text.substr(0, length)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line.push_back('\\');
      line.push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(line), "\\u{:04x}", byte);
    } else {
      line.push_back(c);
    }
  }
  if (cut) line.append(std::string_view("..."));
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F || c == '"' || c == '\\' || c == '=') return true;
  }
  return false;
}

struct ValueWriter {
  fmt::memory_buffer& line;
  LogFormat format;

  void operator()(std::string_view text) const {
    const bool quoted = format == LogFormat::kJson || NeedsQuotes(text);
    if (quoted) line.push_back('"');
    AppendEscaped(line, text);
    if (quoted) line.push_back('"');
  }
  template <typename Number>
  void operator()(Number number) const {
    fmt::format_to(std::back_inserter(line), "{}", number);
  }
};

}  // namespace

class Logger::Sink {
 public:
  Sink(LogFormat format, LogLevel level, spdlog::sink_ptr out)
      : logger_("rtcroomd", std::move(out)) {
    // The library formats the time, but not the level: its level names differ from those of the
    // configuration.
    logger_.set_pattern(format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v})"
                                                   : "%Y-%m-%dT%H:%M:%S.%eZ %v",
                        spdlog::pattern_time_type::utc);
    logger_.flush_on(spdlog::level::debug);
    logger_.set_level(ToSpdlog(level));
  }

  spdlog::logger& logger() { return logger_; }

 private:
  spdlog::logger logger_;
};

Logger::Logger(LogFormat format, LogLevel level, std::FILE* out)
    : format_(format),
      sink_(std::make_unique<Sink>(format, level, std::make_shared<FileSink>(out))) {}

Logger::Logger(LogFormat format, LogLevel level, LogWriter& out)
    : format_(format),
      writer_(&out),
      sink_(std::make_unique<Sink>(format, level, std::make_shared<WriterSink>(out))) {}

Logger::~Logger() = default;

void Logger::Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!Enabled(level)) return;
  const bool is_json = format_ == LogFormat::kJson;
  fmt::memory_buffer line;
  const ValueWriter write{line, format_};
  if (is_json) {
    fmt::format_to(std::back_inserter(line), R"("level":"{}","event":"{}")", LogLevelName(level),
                   event);
  } else {
    fmt::format_to(std::back_inserter(line), "{} {}", LogLevelName(level), event);
  }
  const auto append = [&](const LogField& field) {
    if (is_json) {
      fmt::format_to(std::back_inserter(line), R"(,"{}":)", field.key());
    } else {
      fmt::format_to(std::back_inserter(line), " {}=", field.key());
    }
    std::visit(write, field.value());
  };
  const std::string_view request_id = LogScope::Current();
  const bool is_present = std::ranges::find(fields, kRequestId, &LogField::key) != fields.end();
  if (!request_id.empty() && !is_present) append({kRequestId, request_id});
  for (const LogField& field : fields) append(field);
  sink_->logger().log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

bool Logger::Enabled(LogLevel level) const { return sink_->logger().should_log(ToSpdlog(level)); }

void Logger::SetLevel(LogLevel level) { sink_->logger().set_level(ToSpdlog(level)); }

std::uint64_t Logger::dropped(LogLevel level) const {
  return writer_ == nullptr ? 0 : writer_->dropped(level);
}

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "unknown";
}

std::optional<LogLevel> ParseLogLevel(std::string_view name) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    if (name == LogLevelName(level)) return level;
  }
  return std::nullopt;
}

}  // namespace rtcroom
