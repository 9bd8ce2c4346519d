// A login that has ended stays so: after other logins, silence and a restart.
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/channel_fixture.h"
#include "tests/support/forwarded_messages.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using Client = ChannelFixture::Client;

constexpr int kNotLoggedIn = 70003;
constexpr int kKicked = 91101;
constexpr const char* kLogOut = "openim/longpollinglogout";
constexpr const char* kLogOutAll = "openim/logout";

class FailingEnds : public EndedLoginStore {
 public:
  explicit FailingEnds(EndedLoginStore& store) : store_(store) {}

  Result<std::vector<EndedLogin>> LoadEndedLogins(TimePoint now) override {
    return store_.LoadEndedLogins(now);
  }
  Status PutEndedLogins(std::span<const EndedLogin> logins) override {
    if (fails) return Error{Errc::kStoreBroken, {}};
    return store_.PutEndedLogins(logins);
  }
  Status RemoveEndedLogins(TimePoint now) override { return store_.RemoveEndedLogins(now); }
  Result<std::vector<AccountValidity>> LoadAccountValidities() override {
    return store_.LoadAccountValidities();
  }
  Status PutAccountValidity(const AccountValidity& validity) override {
    return store_.PutAccountValidity(validity);
  }

  bool fails = false;

 private:
  EndedLoginStore& store_;
};

class EndsStore : public ChangedStore {
 public:
  using ChangedStore::ChangedStore;

  FailingEnds& ended_logins() override { return ends_; }
  Result<std::vector<StoredMessage>> ReadPendingMessages(const UserId& receiver, TimePoint since,
                                                         std::size_t limit) override {
    if (const auto call = std::exchange(during_read, nullptr)) call();
    return ChangedStore::ReadPendingMessages(receiver, since, limit);
  }

  std::function<void()> during_read{};  ///< the next one of messages that wait

 private:
  FailingEnds ends_{ChangedStore::ended_logins()};
};

class ChannelEnds : public testing::Test {
 protected:
  /// @param max_instances  logins of one account at a time.
  void Begin(std::size_t max_instances) {
    options_.max_instances = max_instances;
    Restart();
  }
  /// As after a kill: what is in memory is lost.
  void Restart() {
    const TimePoint now = server_ ? server_->clock.Now() : kNoon;
    auto restarted =
        std::make_unique<ChannelFixture>(options_, "", std::vector<std::string>{"*"}, store_);
    restarted->clock.Advance(now - restarted->clock.Now());
    EXPECT_OK(restarted->clients.Restore(now));
    server_ = std::move(restarted);
  }
  Client LogIn(const std::string& account = "alice") { return server_->LogIn(account); }
  int Code(const Client& client, const std::string& command = "openim/getlongpollingid") {
    return server_->Call(client, command)["ErrorCode"];
  }
  std::size_t CountStored() { return store_->ended_logins().LoadEndedLogins(TimePoint())->size(); }

  RecordingListener listener_;
  ChannelOptions options_;
  const std::shared_ptr<EndsStore> store_ =  // shared with the fixture
      std::make_shared<EndsStore>(StoreLimits(), "00000000000000aa", listener_);
  std::unique_ptr<ChannelFixture> server_;
};

TEST_F(ChannelEnds, ALoginThatWasLoggedOutIsRefusedForGood) {
  Begin(1);
  const Client gone = LogIn();
  ASSERT_EQ(Code(gone, kLogOut), 0);
  Restart();
  EXPECT_EQ(Code(gone), kNotLoggedIn);
  Client newest;
  for (int i = 0; i < 6; ++i) newest = LogIn();
  EXPECT_NE(Code(gone), 0);
  EXPECT_EQ(Code(newest), 0);
  server_->Tick(11min);
  EXPECT_NE(Code(gone), 0);
  EXPECT_EQ(Code(newest), 0);
}

TEST_F(ChannelEnds, AKickedLoginIsRefusedForGood) {
  Begin(1);
  const Client kicked = LogIn();
  const Client newer = LogIn();
  Restart();
  EXPECT_EQ(Code(kicked), kKicked);
  EXPECT_EQ(Code(newer), 0);
  ASSERT_EQ(Code(newer, kLogOut), 0);
  server_->Tick(11min);
  EXPECT_NE(Code(kicked), 0) << "nobody is logged in";
}

TEST_F(ChannelEnds, APollTellsOfAKickThatComesWhileItReadsTheStore) {
  Begin(1);
  const Client kicked = LogIn();
  store_->during_read = [this] { (void)LogIn(); };
  const auto poll = server_->PollAccount(kicked);
  ASSERT_TRUE(poll->reply());
  EXPECT_EQ(nlohmann::json::parse(poll->reply()->body)["ErrorCode"], kKicked);
}

TEST_F(ChannelEnds, ALoginThatEndedWhileTheClockWasSetBackIsRefusedForGood) {
  for (const std::size_t max_instances : {1U, 3U}) {
    Begin(max_instances);
    server_->removal.Begin({.mark = server_->clock.Now()});
    server_->clock.JumpWallClock(-40 * 24h);
    const TimePoint behind = server_->clock.Now();
    const Client gone = server_->LogInWith("alice", ChannelFixture::UserSigOf("alice", behind));
    ASSERT_EQ(Code(gone, kLogOut), 0);
    server_->ends.RemoveEnded(server_->removal.Now());
    ASSERT_OK(store_->ended_logins().RemoveEndedLogins(server_->removal.Now()));
    server_->Tick(11min);  // memory forgets it
    EXPECT_EQ(Code(gone), kNotLoggedIn);
    Restart();
    EXPECT_EQ(Code(gone), kNotLoggedIn);
    server_.reset();
    ASSERT_OK(store_->ended_logins().RemoveEndedLogins(TimePoint::max()));
  }
}

TEST_F(ChannelEnds, ALoginThatBeganBeforeTheClockWasSetBackTakesNoPlaceFromANewerOne) {
  Begin(1);
  (void)LogIn("bob");  // the server after the restart makes the first number again
  server_->Tick(2h);
  const Client old = LogIn();
  server_->clock.JumpWallClock(-1h);
  Restart();
  const Client newer = LogIn();
  EXPECT_EQ(Code(old), kKicked);
  EXPECT_EQ(Code(newer), 0);
  server_->Tick(1s);  // stores the end
  Restart();
  EXPECT_EQ(Code(old), kKicked);
  EXPECT_EQ(Code(newer), 0);
}

TEST_F(ChannelEnds, AnEndedLoginEndsNoOther) {
  Begin(1);
  const Client kicked = LogIn();
  const Client newer = LogIn();
  Restart();
  EXPECT_EQ(Code(kicked, kLogOutAll), kKicked);
  EXPECT_EQ(Code(newer), 0);
}

TEST_F(ChannelEnds, ALogoutOfTheAccountEndsLoginsThatMemoryHasForgotten) {
  Begin(3);
  const Client silent = LogIn();
  server_->Tick(11min);
  const Client other = LogIn();
  ASSERT_EQ(Code(other, kLogOutAll), 0);
  const Client next = LogIn();
  EXPECT_EQ(Code(silent), kNotLoggedIn);
  Restart();
  EXPECT_EQ(Code(silent), kNotLoggedIn);
  EXPECT_EQ(Code(other), kNotLoggedIn);
  EXPECT_EQ(Code(next), 0) << "of the same millisecond";
}

TEST_F(ChannelEnds, ALoginRightAfterALogoutAndARestartLasts) {
  Begin(3);
  ASSERT_EQ(Code(LogIn(), kLogOutAll), 0);
  Restart();
  EXPECT_EQ(Code(LogIn()), 0) << "of the same millisecond";
}

TEST_F(ChannelEnds, ALogoutOfOneOfSeveralLoginsLeavesTheOthers) {
  Begin(3);
  const Client first = LogIn();
  const Client second = LogIn();
  const Client third = LogIn();
  ASSERT_EQ(Code(second, kLogOut), 0);
  Restart();
  EXPECT_EQ(Code(second), kNotLoggedIn);
  EXPECT_EQ(Code(first), 0);
  EXPECT_EQ(Code(third), 0);
}

TEST_F(ChannelEnds, ABoundedNumberIsStoredOfAnAccount) {
  Begin(3);
  const Client first = LogIn();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(Code(LogIn(), kLogOut), 0);
  EXPECT_EQ(Code(first), 0);
  EXPECT_EQ(CountStored(), 100U);
  const Client last = LogIn();
  ASSERT_EQ(Code(last, kLogOut), 0);
  EXPECT_EQ(CountStored(), 1U);
  EXPECT_EQ(Code(first), kNotLoggedIn) << "earlier logins have ended with it";
  Restart();
  EXPECT_EQ(Code(last), kNotLoggedIn);
}

TEST_F(ChannelEnds, OneRowIsStoredOfAnAccountWithOneLoginAtATime) {
  Begin(1);
  for (int i = 0; i < 10; ++i) ASSERT_EQ(Code(LogIn(), kLogOut), 0);
  for (int i = 0; i < 10; ++i) LogIn();
  EXPECT_EQ(CountStored(), 1U);
}

TEST_F(ChannelEnds, ALogoutThatCannotBeStoredFailsAndIsStoredLater) {
  Begin(1);
  const Client gone = LogIn();
  store_->ended_logins().fails = true;
  EXPECT_EQ(Code(gone, kLogOut), 10002);
  EXPECT_EQ(Code(gone), kNotLoggedIn);
  server_->Tick(100ms);
  store_->ended_logins().fails = false;
  server_->Tick(100ms);
  Restart();
  EXPECT_EQ(Code(gone), kNotLoggedIn);
}

TEST_F(ChannelEnds, ALoginWorksWhileTheOneThatItKicksCannotBeStored) {
  Begin(1);
  const Client kicked = LogIn();
  store_->ended_logins().fails = true;
  const Client newer = LogIn();
  EXPECT_EQ(Code(newer), 0);
  store_->ended_logins().fails = false;
  server_->Tick(100ms);
  Restart();
  EXPECT_EQ(Code(kicked), kKicked);
}

TEST_F(ChannelEnds, WhatWasIssuedBeforeAllLoginsOfTheUserEndedIsRefused) {
  Begin(3);
  const Client before = LogIn();
  const Client of_another = LogIn("bob");
  const auto poll = server_->PollAccount(before);
  const AccountValidity validity{.account = {"alice"},
                                 .valid_from = std::chrono::floor<std::chrono::seconds>(kNoon)};
  server_->validities.Put(validity);
  server_->channel.logins().EndLogins(validity);
  ASSERT_TRUE(poll->reply());
  EXPECT_EQ(nlohmann::json::parse(poll->reply()->body)["ErrorCode"], kKicked);
  EXPECT_EQ(Code(of_another), 0);
  Restart();
  server_->validities.Put(validity);
  EXPECT_EQ(Code(before), kNotLoggedIn);
  const std::string old_ticket = ChannelFixture::UserSigOf("alice", kNoon);
  EXPECT_EQ(server_->LogInReply("alice", old_ticket)["ErrorCode"], 70001);

  // The clock of the application's own server may be a second ahead.
  const std::string ticket = ChannelFixture::UserSigOf("alice", kNoon + 1s);
  const nlohmann::json reply = server_->LogInReply("alice", ticket);
  ASSERT_EQ(reply["ErrorCode"], 0);
  EXPECT_EQ(Code({.account = "alice", .tiny_id = reply["TinyId"], .a2 = reply["A2Key"]}), 0);
}

// Another server ended them, and this one hears of it later, or its clock is ahead.
TEST_F(ChannelEnds, ALoginByAnEarlierTicketEndsThoughItBeganLater) {
  Begin(3);
  server_->clock.Advance(5s);
  const Client late = server_->LogInWith("alice", ChannelFixture::UserSigOf("alice", kNoon));
  const Client newer = server_->LogInWith("alice", ChannelFixture::UserSigOf("alice", kNoon + 1s));
  const AccountValidity validity{.account = {"alice"},
                                 .valid_from = std::chrono::floor<std::chrono::seconds>(kNoon)};
  server_->validities.Put(validity);
  server_->channel.logins().EndLogins(validity);
  EXPECT_EQ(Code(late), kKicked);
  EXPECT_EQ(Code(newer), 0);
  server_->Tick(100ms);
  Restart();
  server_->validities.Put(validity);
  EXPECT_EQ(Code(late), kKicked);
  EXPECT_EQ(Code(newer), 0);
}

TEST_F(ChannelEnds, AMemberThatLoggedOutIsNoMemberAfterARestart) {
  Begin(1);
  server_->MakeRoom(RoomKind::kMulti, "room_1");
  const Client gone = LogIn();
  server_->Join(gone, "room_1");
  server_->Tick(100ms);
  ASSERT_EQ(Code(gone, kLogOut), 0);
  Restart();
  EXPECT_EQ(server_->sizes().groups, 0U);
}

}  // namespace
}  // namespace rtcroom
