/// \file error_page_content.h
/// What stands on an error page, whatever its form. Pure.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "host/worker/failure.h"
#include "host/worker/traceback.h"

namespace holdfast {

/// What a page tells of the request that failed.
struct FailedRequest {
  std::string id;
  std::string method;
  std::string path;  ///< as the client wrote it, without its query, which may hold secrets
  std::chrono::system_clock::time_point when;
};

/// Texts as they came, not yet fit for a page.
struct ErrorPageContent {
  struct Section {
    FailurePart part;
    bool open = false;  ///< worth seeing without being asked for
  };

  std::string status;  ///< "502 Bad Gateway"
  std::string title;
  std::string cause;
  std::string exact;  ///< empty where details are not to be shown
  std::string advice;
  std::string remedy;
  std::string request_id;
  std::string request;  ///< "GET /path"
  std::string time;     ///< "2026-11-23 01:35:12 UTC"
  /// Of the last traceback that has any; views into the failure.
  std::vector<TracebackFrame> own_frames;
  std::vector<Section> sections;
};

/// \param failure  outlives the content
/// \param show_detail  with names, tracebacks and captured output
ErrorPageContent contentOf(const Failure& failure, const FailedRequest& request, bool show_detail);

}  // namespace holdfast
