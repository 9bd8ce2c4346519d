#include "tests/support/im_stand_in.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/support/url.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;
using Said = StandInService::Said;
using Then = StandInService::Then;

constexpr std::string_view kService = "/v4/group_open_http_svc/";
constexpr std::string_view kQuestion = "/v4/group_open_http_svc/get_appid_group_list";
constexpr std::size_t kMaxGroupIdBytes = 48;
constexpr std::size_t kMaxNameBytes = 30;

constexpr int kBadField = 10004;
constexpr int kNoSuchGroup = 10010;
constexpr int kTakenByAnother = 10021;
constexpr int kTakenByUs = 10025;

std::optional<GroupCommand> CommandNamed(std::string_view name) {
  if (name == "create_group") return GroupCommand::kCreate;
  if (name == "destroy_group") return GroupCommand::kDestroy;
  if (name == "send_group_system_notification") return GroupCommand::kSystemNotice;
  if (name == "send_group_msg") return GroupCommand::kCustomMessage;
  return std::nullopt;
}

std::optional<std::uint32_t> Number(std::string_view digits) {
  std::uint32_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

/// The text of that field; empty when it is missing.
std::string Text(const Json& object, const char* name) {
  const auto field = object.find(name);
  return field != object.end() && field->is_string() ? field->get<std::string>() : std::string();
}

std::string Answered(int code) {
  return Json({{"ActionStatus", code == 0 ? "OK" : "FAIL"},
               {"ErrorCode", code},
               {"ErrorInfo", code == 0 ? "" : fmt::format("stand-in error {}", code)}})
      .dump();
}

}  // namespace

struct ImStandIn::Request {
  ImCall call{};
  /// The text of a notice or a message.
  std::string content{};
  std::optional<std::uint32_t> message_number{};

  /// nullopt for a request that rtcroomd never sends.
  static std::optional<Request> Read(const std::string& received);

 private:
  bool ReadTarget(std::string_view head);
  bool ReadBody();
};

std::optional<ImStandIn::Request> ImStandIn::Request::Read(const std::string& received) {
  const std::size_t head_end = received.find("\r\n\r\n");
  if (head_end == std::string::npos) return std::nullopt;
  Request request;
  request.call.body = received.substr(head_end + 4);
  const std::string_view head = std::string_view(received).substr(0, head_end);
  if (head.find("\r\nContent-Type: application/json") == std::string_view::npos) {
    return std::nullopt;
  }
  if (!request.ReadTarget(head) || !request.ReadBody()) return std::nullopt;
  return request;
}

bool ImStandIn::Request::ReadTarget(std::string_view head) {
  constexpr std::string_view kPost = "POST ";
  if (!head.starts_with(kPost)) return false;
  head.remove_prefix(kPost.size());
  const std::string_view target = head.substr(0, head.find(' '));
  const std::string_view path = target.substr(0, target.find('?'));
  if (!path.starts_with(kService)) return false;
  const auto command = CommandNamed(path.substr(kService.size()));
  if (!command) return false;
  call.command = *command;
  call.target = target;
  call.sdk_app_id = QueryParameter(target, "sdkappid");
  call.identifier = QueryParameter(target, "identifier");
  call.user_sig = QueryParameter(target, "usersig");
  return Number(call.sdk_app_id) && !call.identifier.empty() && !call.user_sig.empty() &&
         Number(QueryParameter(target, "random")) &&
         QueryParameter(target, "contenttype") == "json";
}

bool ImStandIn::Request::ReadBody() {
  const Json body = Json::parse(call.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return false;
  call.group = Text(body, "GroupId");
  if (call.group.empty() || call.group.size() > kMaxGroupIdBytes) return false;
  switch (call.command) {
    case GroupCommand::kCreate: {
      const std::string name = Text(body, "Name");
      return Text(body, "Owner_Account") == call.identifier && Text(body, "Type") == "AVChatRoom" &&
             !name.empty() && name.size() <= kMaxNameBytes && body.size() == 4;
    }
    case GroupCommand::kDestroy:
      return body.size() == 1;
    case GroupCommand::kSystemNotice:
      content = Text(body, "Content");
      return !content.empty() && body.size() == 2;
    case GroupCommand::kCustomMessage: {
      const Json elements = body.value("MsgBody", Json());
      const Json number = body.value("Random", Json());
      if (!elements.is_array() || elements.size() != 1 || !elements[0].is_object()) return false;
      if (!number.is_number_unsigned() || Text(elements[0], "MsgType") != "TIMCustomElem") {
        return false;
      }
      message_number = number.get<std::uint32_t>();
      content = Text(elements[0].value("MsgContent", Json::object()), "Data");
      return !content.empty();
    }
  }
  return false;
}

ImStandIn::ImStandIn()
    : service_([this](const std::string& received) { return Answer(received); }) {}

ImStandIn::~ImStandIn() {
  const MutexLock lock(mutex_);
  is_down_ = true;
  changed_.NotifyAll();
}

void ImStandIn::Behave(const ImConduct& conduct) {
  const MutexLock lock(mutex_);
  conduct_ = conduct;
}

void ImStandIn::Behave(GroupCommand command, std::optional<ImConduct> conduct) {
  const MutexLock lock(mutex_);
  conduct_of_.erase(command);
  if (conduct) conduct_of_.emplace(command, *conduct);
}

void ImStandIn::BehaveNext(std::size_t calls, const ImConduct& conduct,
                           std::optional<GroupCommand> command) {
  const MutexLock lock(mutex_);
  planned_.push_back({.conduct = conduct, .command = command, .calls = calls});
}

void ImStandIn::BehaveForQuestions(const ImConduct& conduct) {
  const MutexLock lock(mutex_);
  question_conduct_ = conduct;
}

std::size_t ImStandIn::questions() const {
  const MutexLock lock(mutex_);
  return questions_;
}

void ImStandIn::Release() {
  const MutexLock lock(mutex_);
  ++releases_;
  changed_.NotifyAll();
}

std::size_t ImStandIn::waiting() const {
  const MutexLock lock(mutex_);
  return waiting_;
}

void ImStandIn::GoDown() {
  {
    const MutexLock lock(mutex_);
    is_down_ = true;
    changed_.NotifyAll();
  }
  service_.GoDown();
}

void ImStandIn::GoUp() {
  {
    const MutexLock lock(mutex_);
    is_down_ = false;
  }
  service_.GoUp();
}

void ImStandIn::AddForeignGroup(const std::string& group) {
  const MutexLock lock(mutex_);
  foreign_groups_.insert(group);
}

std::vector<ImCall> ImStandIn::calls() const {
  const MutexLock lock(mutex_);
  return calls_;
}

std::size_t ImStandIn::CountCalls(GroupCommand command) const {
  const MutexLock lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count(calls_, command, &ImCall::command));
}

std::size_t ImStandIn::bad_requests() const {
  const MutexLock lock(mutex_);
  return bad_requests_;
}

std::set<std::string> ImStandIn::groups() const {
  const MutexLock lock(mutex_);
  return groups_;
}

bool ImStandIn::HasGroup(const std::string& group) const {
  const MutexLock lock(mutex_);
  return groups_.contains(group);
}

std::vector<std::string> ImStandIn::NoticesTo(const std::string& group) const {
  const MutexLock lock(mutex_);
  const auto found = notices_.find(group);
  return found == notices_.end() ? std::vector<std::string>() : found->second;
}

void ImStandIn::OnNotice(std::function<void(const std::string& group)> listener) {
  const MutexLock lock(mutex_);
  on_notice_ = std::move(listener);
}

Said ImStandIn::Answer(const std::string& received) {
  if (received.starts_with(fmt::format("POST {}?", kQuestion))) return AnswerQuestion();
  std::optional<Request> request = Request::Read(received);
  if (!request) {
    const MutexLock lock(mutex_);
    ++bad_requests_;
    return {HttpAnswer("200 OK", Answered(kBadField))};
  }
  std::function<void(const std::string&)> on_notice;
  const Said said = Treat(*request, on_notice);
  if (on_notice) on_notice(request->call.group);
  return said;
}

Said ImStandIn::Treat(Request& request, std::function<void(const std::string&)>& on_notice) {
  const MutexLock lock(mutex_);
  request.call.number = calls_.size() + 1;
  calls_.push_back(request.call);
  const ImConduct conduct = NextConductLocked(request.call.command);
  const int code = conduct.takes_effect ? ApplyLocked(request) : 0;
  const bool is_notice = !request.content.empty() && conduct.takes_effect && code == 0;
  if (is_notice) on_notice = on_notice_;
  return SendLocked(conduct, code, request.call.target);
}

Said ImStandIn::SendLocked(const ImConduct& conduct, int code, const std::string& target) {
  WaitLocked(conduct);
  if (is_down_) return {.then = Then::kClose};
  switch (conduct.reply) {
    case ImConduct::Reply::kWell:
    case ImConduct::Reply::kHang:
      return {HttpAnswer("200 OK", Answered(code))};
    case ImConduct::Reply::kErrorCode:
      return {HttpAnswer("200 OK", Answered(conduct.number))};
    case ImConduct::Reply::kStatus:
      return {HttpAnswer(fmt::format("{} Odd", conduct.number), "<html>oh</html>")};
    case ImConduct::Reply::kGarbage:
      return {HttpAnswer("200 OK", R"({"ActionStatus":"OK","ErrorCo)")};
    case ImConduct::Reply::kEmpty:
      return {HttpAnswer("200 OK", "")};
    case ImConduct::Reply::kHuge:
      return {HttpAnswer("200 OK", std::string(std::size_t{16} << 20, ' ') + Answered(code))};
    case ImConduct::Reply::kRedirect:
      return {
          HttpAnswer("302 Found", "", fmt::format("Location: {}{}\r\n", service_.Url(), target))};
    case ImConduct::Reply::kClose:
      break;
  }
  return {.then = Then::kClose};
}

Said ImStandIn::AnswerQuestion() {
  const MutexLock lock(mutex_);
  ++questions_;
  return SendLocked(question_conduct_, 0, std::string(kQuestion));
}

ImConduct ImStandIn::NextConductLocked(GroupCommand command) {
  const auto planned = std::ranges::find_if(planned_, [command](const Planned& one) {
    return one.calls > 0 && (!one.command || *one.command == command);
  });
  if (planned != planned_.end()) {
    --planned->calls;
    return planned->conduct;
  }
  const auto own = conduct_of_.find(command);
  return own == conduct_of_.end() ? conduct_ : own->second;
}

int ImStandIn::ApplyLocked(const Request& request) {
  const std::string& group = request.call.group;
  if (request.call.command == GroupCommand::kCreate) {
    if (foreign_groups_.contains(group)) return kTakenByAnother;
    return groups_.insert(group).second ? 0 : kTakenByUs;
  }
  if (!groups_.contains(group)) return kNoSuchGroup;
  if (request.call.command == GroupCommand::kDestroy) {
    groups_.erase(group);
    return 0;
  }
  const bool is_repetition =
      request.message_number && !message_numbers_.insert(*request.message_number).second;
  if (!is_repetition) notices_[group].push_back(request.content);
  return 0;
}

void ImStandIn::WaitLocked(const ImConduct& conduct) {
  const bool hangs = conduct.reply == ImConduct::Reply::kHang;
  if (!hangs && conduct.delay <= std::chrono::milliseconds(0)) return;
  const auto until =
      std::chrono::steady_clock::now() + (hangs ? std::chrono::hours(1) : conduct.delay);
  const std::size_t releases = releases_;
  ++waiting_;
  while (releases_ == releases && !is_down_) {
    if (!changed_.WaitUntil(mutex_, until)) break;
  }
  --waiting_;
}

}  // namespace rtcroom
