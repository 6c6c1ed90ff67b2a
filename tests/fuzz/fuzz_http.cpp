/// \file fuzz_http.cpp
/// HTTP as a client may send it: what is taken for a request is one beyond doubt, a chunked body is
/// the same whatever the reads are, and no header makes the host believe what it should not.
///
///     | size of reads | the stream: head, then a chunked body ...
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "host/front/chunked_decoder.h"
#include "host/front/forwarding.h"
#include "host/front/http_params.h"
#include "host/front/http_request_head.h"
#include "tests/support/bytes.h"

namespace holdfast {
namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

struct Decoded {
  ChunkedStatus status = ChunkedStatus::kNeedMore;
  std::string body;
  std::size_t used = 0;
};

Decoded decode(std::string_view stream, std::size_t read_size) {
  ChunkedDecoder decoder;
  Decoded seen;
  while (seen.used < stream.size() && seen.status == ChunkedStatus::kNeedMore) {
    std::span<const std::byte> input = asBytes(stream.substr(seen.used, read_size));
    const std::size_t there = input.size();
    std::span<const std::byte> piece;
    while ((seen.status = decoder.next(input, piece)) == ChunkedStatus::kPiece) {
      require(!piece.empty(), "a piece has something in it");
      seen.body += asText(piece);
    }
    seen.used += there - input.size();
    require(seen.status != ChunkedStatus::kNeedMore || input.empty(), "all input is used up");
  }
  return seen;
}

void checkBody(std::string_view stream, std::size_t read_size) {
  const Decoded whole = decode(stream, stream.size() + 1);
  const Decoded cut = decode(stream, read_size);
  require(whole.status == cut.status && whole.body == cut.body, "reads do not change a body");
  require(whole.status != ChunkedStatus::kEnd || whole.used == cut.used, "nor where it ends");
}

void checkHead(const RequestHead& head) {
  require(head.target.starts_with('/') || head.target == "*", "a target is a path or *");
  require(!(head.chunked && head.length), "one thing says how long the body is");
  for (const auto& [name, value] : head.headers) {
    require(!name.empty(), "a header has a name");
    require((name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
            "a header is one line");
  }
}

void checkParams(const RequestHead& head) {
  Params params;
  if (!paramsFromHttp(head, {"10.0.0.1", "1", "127.0.0.1", "80"}, params)) return;
  Params believed = params;
  TrustedHops({"10.0.0.0/8", "fe80::/10"}).apply(believed);
  const std::string client(believed.get("REMOTE_ADDR"));
  require(client.find_first_not_of("0123456789abcdef.:") == std::string::npos,
          "the client is an address");
  Params not_believed = params;
  TrustedHops({"192.0.2.1", "unix"}).apply(not_believed);
  require(not_believed.size() == params.size(), "strangers are not believed");
  require(!isTrueLoopback(params), "10.0.0.1 is not loopback");
}

void run(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t read_size = static_cast<unsigned char>(bytes[0]) % 32 + std::size_t{1};
  const std::string_view stream = bytes.substr(1);
  const std::size_t end = endOfHead(stream, 0);
  if (end == std::string_view::npos) return checkBody(stream, read_size);
  const auto parsed = parseRequestHead(stream.substr(0, end));
  checkBody(stream.substr(end), read_size);
  const auto* head = std::get_if<RequestHead>(&parsed);
  if (head == nullptr) return;
  checkHead(*head);
  checkParams(*head);
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
