// Structured logging: one line per event, an event name and its fields.
#pragma once

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

namespace rtcroom {

class LogWriter;

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : std::uint8_t { kJson, kText };

/// One `key=value` of a line. The text must outlive the call that logs it.
class LogField {
 public:
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  template <typename T>
  LogField(std::string_view key, const T& value) : key_(key), value_(Convert(value)) {}

  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] const Value& value() const { return value_; }

 private:
  template <typename T>
  static Value Convert(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      return value;
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(value);
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      return static_cast<std::int64_t>(value);
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<std::uint64_t>(value);
    } else {
      return std::string_view(value);
    }
  }

  std::string_view key_;
  Value value_;
};

/// Writes log lines, as JSON objects or as `time level event key=value` text.
///
/// Text values are escaped and truncated at 256 bytes, so that no client input can forge a line or
/// flood the log. Lines logged inside a `LogScope` have the scope's `request_id`, unless the fields
/// contain one. Never log a secret, a token, a signature or a query string.
///
/// @threads safe from any thread.
class Logger {
 public:
  /// Each call writes, and blocks until the reader of `out` accepts the line.
  /// @param out  destination; not closed. Must outlive the logger.
  Logger(LogFormat format, LogLevel level, std::FILE* out = stderr);
  /// @param out  must outlive the logger.
  Logger(LogFormat format, LogLevel level, LogWriter& out);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});
  void Debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kDebug, event, fields);
  }
  void Info(std::string_view event, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kInfo, event, fields);
  }
  void Warn(std::string_view event, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kWarn, event, fields);
  }
  void Error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kError, event, fields);
  }

  [[nodiscard]] bool Enabled(LogLevel level) const;
  void SetLevel(LogLevel level);

  /// Lines of that level that its `LogWriter` dropped; 0 without one.
  [[nodiscard]] std::uint64_t dropped(LogLevel level) const;

 private:
  class Sink;  // the only use of the logging library
  const LogFormat format_;
  const LogWriter* const writer_ = nullptr;
  const std::unique_ptr<Sink> sink_;
};

/// The level of that name ("debug", "info", "warn", "error"), or nullopt.
std::optional<LogLevel> ParseLogLevel(std::string_view name);
std::string_view LogLevelName(LogLevel level);

}  // namespace rtcroom
