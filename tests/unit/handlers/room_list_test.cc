// get_room_list (protocol A.4.8).
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "handlers/rooms/room_json.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;

class GetRoomList : public testing::Test {
 protected:
  void MakeRooms(int count, const std::string& kind = "multi_room") {
    for (int i = 0; i < count; ++i) {
      const json created =
          server_.Call(kind + "/create_room", {{"roomID", fmt::format("{}-{}", kind, i)},
                                               {"userID", "u1"},
                                               {"userName", "n"},
                                               {"userAvatar", "a"},
                                               {"pushURL", "rtmp://p/1"},
                                               {"roomName", "name"}});
      ASSERT_EQ(created["code"], 0);
    }
  }
  /// The numbers of the listed rooms; only -1 for an error reply.
  std::vector<int> Listed(const std::string& cnt, const std::string& index,
                          const std::string& kind = "multi_room") {
    const std::string body = fmt::format(R"({{"cnt":{},"index":{}}})", cnt, index);
    const json reply = json::parse(server_.Post("/weapp/" + kind + "/get_room_list", body).body);
    if (reply["code"] != 0) return {-1};
    std::vector<int> numbers;
    for (const json& room : reply["rooms"]) {
      const auto id = room["roomID"].get<std::string>();
      numbers.push_back(std::stoi(id.substr(id.find('-') + 1)));
    }
    return numbers;
  }
  std::size_t CountListed(const std::string& cnt) { return Listed(cnt, "0").size(); }

  RouterFixture server_;
};

using Numbers = std::vector<int>;

TEST_F(GetRoomList, PagesInTheOrderOfCreation) {
  MakeRooms(5);
  EXPECT_EQ(Listed("2", "0"), (Numbers{0, 1}));
  EXPECT_EQ(Listed("2", "2"), (Numbers{2, 3}));
  EXPECT_EQ(Listed("2", "4"), (Numbers{4}));
  EXPECT_EQ(Listed("2", "5"), Numbers{});
  EXPECT_EQ(Listed("20", "0"), (Numbers{0, 1, 2, 3, 4}));
}

TEST_F(GetRoomList, AcceptsDecimalStrings) {
  MakeRooms(3);
  EXPECT_EQ(Listed("\"1\"", "\"1\""), Numbers{1});
}

TEST_F(GetRoomList, AcceptsCountAsCnt) {
  MakeRooms(3);
  EXPECT_EQ(server_.Call("multi_room/get_room_list", {{"count", 2}, {"index", 0}})["rooms"].size(),
            2U);
  EXPECT_EQ(
      server_.Call("multi_room/get_room_list", {{"count", 2}, {"cnt", 1}, {"index", 0}})["rooms"]
          .size(),
      1U);
}

TEST_F(GetRoomList, BoundsTheNumberOfRooms) {
  MakeRooms(201);
  EXPECT_EQ(CountListed("0"), 200U);
  EXPECT_EQ(CountListed("\"0\""), 200U);
  EXPECT_EQ(CountListed("199"), 199U);
  EXPECT_EQ(CountListed("200"), 200U);
  EXPECT_EQ(CountListed("201"), 200U);
  EXPECT_EQ(CountListed("18446744073709551617"), 200U);
  EXPECT_EQ(CountListed("1e300"), 200U);
  EXPECT_EQ(CountListed("\"99999999999999999999999\""), 200U);
  EXPECT_EQ(CountListed("-1"), 0U);
  EXPECT_EQ(CountListed("-18446744073709551615"), 0U);
  EXPECT_EQ(CountListed("\"-99999999999999999999999\""), 0U);
}

TEST_F(GetRoomList, BoundsTheBytesOfItsReplyByWholeRooms) {
  const std::string control(1024, '\x01');  // six bytes each when encoded
  for (int i = 0; i < 40; ++i) {            // twice as many as fit
    const json created =
        server_.Call("live_room/create_room", {{"roomID", fmt::format("live_room-{}", i)},
                                               {"userID", "u1"},
                                               {"userName", "n"},
                                               {"userAvatar", control},
                                               {"pushURL", "rtmp://p/1"},
                                               {"roomName", control}});
    ASSERT_EQ(created["code"], 0);
  }
  const std::string first =
      server_.Post("/weapp/live_room/get_room_list", R"({"cnt":200,"index":0})").body;
  EXPECT_LE(first.size(), kMaxRoomListBytes);
  const std::size_t listed = json::parse(first)["rooms"].size();
  EXPECT_GT(first.size() + first.size() / listed + 16, kMaxRoomListBytes);

  // The next page starts where this one ended.
  EXPECT_EQ(Listed("200", "0", "live_room").back() + 1, static_cast<int>(listed));
  EXPECT_EQ(Listed("200", std::to_string(listed), "live_room").front(), static_cast<int>(listed));
}

/// Runs slices on request of a test.
class SteppedReply : public RecordedReply {
 public:
  void RunInSlices(std::uint32_t /*turn*/, std::function<bool()> slice) override {
    slice_ = std::move(slice);
  }
  /// @return whether that was the last one.
  bool Step() {
    const bool is_last = slice_();
    if (is_last) slice_ = nullptr;  // the slice holds this reply
    return is_last;
  }

 private:
  std::function<bool()> slice_;
};

class SlicedRoomList : public GetRoomList {
 protected:
  std::shared_ptr<SteppedReply> Begin(const std::string& body) {
    auto pending = std::make_shared<SteppedReply>();
    Handle(server_.router,
           {.method = "POST",
            .path = "/weapp/multi_room/get_room_list",
            .body = body,
            .peer_address = "192.0.2.1"},
           pending);
    EXPECT_EQ(pending->times_sent(), 0);
    return pending;
  }
  void Destroy(int number) {
    const json destroyed =
        server_.Call("multi_room/destroy_room",
                     {{"roomID", fmt::format("multi_room-{}", number)}, {"userID", "u1"}});
    ASSERT_EQ(destroyed["code"], 0);
  }
  static std::vector<int> NumbersOf(const SteppedReply& pending) {
    std::vector<int> numbers;
    const json reply = json::parse(pending.reply().value().body);
    for (const json& room : reply["rooms"]) {
      const auto id = room["roomID"].get<std::string>();
      numbers.push_back(std::stoi(id.substr(id.find('-') + 1)));
    }
    return numbers;
  }
};

TEST_F(SlicedRoomList, AddsTwentyRoomsPerStep) {
  MakeRooms(50);
  const auto pending = Begin(R"({"cnt":200,"index":0})");
  EXPECT_FALSE(pending->Step());
  EXPECT_FALSE(pending->Step());
  EXPECT_EQ(pending->times_sent(), 0);
  EXPECT_TRUE(pending->Step());
  ASSERT_EQ(pending->times_sent(), 1);
  EXPECT_EQ(NumbersOf(*pending).size(), 50U);
}

TEST_F(SlicedRoomList, AddsFewerLongRoomsPerStep) {
  const std::string control(1024, '\x01');  // six bytes each when encoded, under two names
  for (int i = 0; i < 10; ++i) {
    const json created =
        server_.Call("multi_room/create_room", {{"roomID", fmt::format("multi_room-{}", i)},
                                                {"userID", "u1"},
                                                {"userName", "n"},
                                                {"userAvatar", "a"},
                                                {"pushURL", "rtmp://p/1"},
                                                {"roomName", control}});
    ASSERT_EQ(created["code"], 0);
  }
  const auto pending = Begin(R"({"cnt":200,"index":0})");
  for (int slice = 1; slice < 5; ++slice) EXPECT_FALSE(pending->Step()) << slice;
  EXPECT_TRUE(pending->Step());
  EXPECT_EQ(NumbersOf(*pending), (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(SlicedRoomList, ReadsNoSliceAfterTheLastRequestedRoom) {
  MakeRooms(50);
  EXPECT_TRUE(Begin(R"({"cnt":20,"index":0})")->Step());
  EXPECT_TRUE(Begin(R"({"cnt":0,"index":45})")->Step());
}

TEST_F(SlicedRoomList, KeepsOrderAndCompletenessWhileRoomsEnd) {
  MakeRooms(50);
  const auto pending = Begin(R"({"cnt":45,"index":1})");
  EXPECT_FALSE(pending->Step());
  for (const int number : {0, 5, 20, 30})
    Destroy(number);  // before the range, already listed, the last one, still to list
  EXPECT_FALSE(pending->Step());
  EXPECT_TRUE(pending->Step());
  Numbers expected;
  for (int number = 1; number <= 46; ++number) {
    if (number != 30) expected.push_back(number);
  }
  EXPECT_EQ(NumbersOf(*pending), expected);
}

TEST_F(SlicedRoomList, IsRefusedIfItsSenderIsInDebtWhenItStarts) {
  MakeRooms(50);
  const auto pending = Begin(R"({"cnt":200,"index":0})");
  server_.admission.indebted_addresses = {"192.0.2.1"};
  EXPECT_TRUE(pending->Step());
  ASSERT_EQ(pending->times_sent(), 1);
  EXPECT_EQ(server_.recorded.label().failure, Errc::kTooManyRequests);

  server_.admission.indebted_addresses = {};
  const auto begun = Begin(R"({"cnt":200,"index":0})");
  EXPECT_FALSE(begun->Step());
  server_.admission.indebted_addresses = {"192.0.2.1"};
  EXPECT_FALSE(begun->Step()) << "a begun reply is completed";
  EXPECT_TRUE(begun->Step());
}

TEST_F(GetRoomList, ClampsTheIndexToTheList) {
  MakeRooms(2);
  for (const char* index : {"-1", "-9223372036854775808", "\"-99999999999999999999999\""}) {
    EXPECT_EQ(Listed("1", index), Numbers{0}) << index;
  }
  for (const char* index : {"2", "9223372036854775807", "18446744073709551615", "1e300",
                            "\"99999999999999999999999\""}) {
    EXPECT_EQ(Listed("1", index), Numbers{}) << index;
  }
}

TEST_F(GetRoomList, ListsTheRoomsOfItsKind) {
  MakeRooms(1, "double_room");
  MakeRooms(2, "live_room");
  EXPECT_EQ(Listed("20", "0", "double_room"), Numbers{0});
  EXPECT_EQ(Listed("20", "0", "live_room"), (Numbers{0, 1}));
  EXPECT_EQ(Listed("20", "0", "multi_room"), Numbers{});
}

TEST_F(GetRoomList, ReturnsAllFieldsOfARoom) {
  MakeRooms(1, "double_room");
  EXPECT_EQ(server_.Post("/weapp/double_room/get_room_list", R"({"cnt":20,"index":0})").body,
            R"({"code":0,"message":"请求成功","rooms":[{"roomID":"double_room-0",)"
            R"("roomName":"name","roomInfo":"name","roomCreator":"u1",)"
            R"("mixedPlayURL":"https://play/live/u1.flv","pushers":[{"userID":"u1",)"
            R"("userName":"n","userAvatar":"a","accelerateURL":"rtmp://play/live/u1"}]}]})");
}

}  // namespace
}  // namespace rtcroom
