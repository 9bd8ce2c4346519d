// Runs commands on a store in a database, which is empty at first.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "storage/postgres/pg_store.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server.h"
#include "tests/support/postgres_stores.h"
#include "tests/support/recording_listener.h"
#include "tests/unit/cli/cli_fixture.h"

namespace rtcroom {

class DatabaseTest : public CliTest {
 protected:
  /// The URL of its schema, without a password: by the socket of the server.
  [[nodiscard]] std::string Url() const {
    const std::string& text = url_.Reveal();
    return fmt::format("postgresql://postgres@/postgres{}&host={}&port={}",
                       text.substr(text.find('?')), SharedPostgres().socket_directory().string(),
                       SharedPostgres().port());
  }

  std::unique_ptr<PgStore> OpenDatabase() {
    auto store = PgStore::Open({.url = url_,
                                .new_epoch = "00c0ffee00c0ffee",
                                .node = ++nodes_,
                                .patience = std::chrono::minutes(1),
                                .random = &random_},
                               deaf_, system_clock_);
    if (!store) throw std::runtime_error(store.error().detail);
    (*store)->Begin();
    return *std::move(store);
  }

  /// The first column of the first row, a text.
  std::string Query(const std::string& sql) {
    PgRows rows = QueryPostgres(url_, sql);
    return rows.Next() ? rows.Text(0) : "";
  }
  void Execute(const std::string& sql) { (void)QueryPostgres(url_, sql); }

  Secret url_ = UrlOfEmptiedStore();
  const SystemClock system_clock_;
  SystemRandom random_;
  DeafListener deaf_;

 private:
  std::uint64_t nodes_ = 0;
};

}  // namespace rtcroom
