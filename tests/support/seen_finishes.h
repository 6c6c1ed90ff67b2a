/// \file seen_finishes.h
/// What a front end told of finished requests, kept for a test.
#pragma once

#include <string>
#include <vector>

#include "host/front/finished_request.h"

namespace holdfast {

struct SeenFinish {
  std::string id;
  std::string method;
  std::string uri;
  FinishedRequest rest;  ///< its texts are gone
};

class SeenFinishes {
 public:
  FinishedSink sink() {
    return [this](const FinishedRequest& request) {
      all.push_back({std::string(request.id), std::string(request.method), std::string(request.uri),
                     request});
    };
  }

  /// Belongs to the event loop's thread.
  std::vector<SeenFinish> all;
};

}  // namespace holdfast
