// Notices to all servers on a PostgreSQL database.
#pragma once

#include <span>

#include "daemon/core/notice_log.h"
#include "storage/postgres/pg_engine.h"
#include "storage/postgres/pg_log.h"

namespace rtcroom {

/// @threads safe from any thread.
class PgNotices : public NoticeLog {
 public:
  PgNotices(PgEngine& engine, PgLog& log) : engine_(engine), log_(log) {}

  Status ReportNotices(std::span<const PushNotice> notices) override {
    return engine_.Record({notices.begin(), notices.end()});
  }
  void HearNotices(NoticeListener* listener) override { log_.SetNoticeListener(listener); }

 private:
  PgEngine& engine_;
  PgLog& log_;
};

}  // namespace rtcroom
