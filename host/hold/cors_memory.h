/// \file cors_memory.h
/// What the app has told browsers of other origins (Fetch, section 3.2 "CORS protocol"), so that a
/// redirect in its place may be followed by their scripts. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "host/front/request.h"

namespace holdfast {

class CorsMemory {
 public:
  /// Remembers the Access-Control-* headers of an answer, if the request came from another origin.
  void note(std::string_view origin, const AnswerHead& head);
  /// Adds what is known for that origin.
  void addTo(std::string_view origin, AnswerHead& head) const;

 private:
  static constexpr std::size_t kMaxOrigins = 64;
  std::map<std::string, std::vector<AnswerHead::Header>, std::less<>> known_;
};

}  // namespace holdfast
