#include "host/front/request.h"

#include <Poco/Net/HTTPResponse.h>

#include <array>
#include <atomic>
#include <random>

#include "host/log.h"

namespace holdfast {

namespace {

std::string hex(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
  return text;
}

}  // namespace

std::string nextRequestId() {
  static const std::string host = hex(std::random_device{}(), 5) + '-';
  static std::atomic<std::uint64_t> counter{0};
  return host + hex(++counter, 6);
}

std::string describe(const Request& request) {
  return "request " + request.id + " (" + log::printable(request.params.get("REQUEST_METHOD")) +
         ' ' + log::printable(request.params.get("REQUEST_URI")) + ')';
}

std::string reasonFor(int status) {
  const std::string& reason = Poco::Net::HTTPResponse::getReasonForStatus(
      static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
  return reason == "???" ? "Unknown" : reason;
}

}  // namespace holdfast
