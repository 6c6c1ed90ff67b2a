/// \file fuzz_fcgi.cpp
/// FastCGI as a web server may send it: the record decoder must give the same whatever the reads
/// are, and a connection must come through anything.
///
///     | n, mode | n sizes of reads | the stream ...
///
/// The low four bits of the first byte are n; the others choose how requests are answered.

#include <fastcgi.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "host/front/fcgi_connection.h"
#include "host/front/fcgi_record.h"
#include "host/platform/event_loop.h"
#include "tests/support/bytes.h"
#include "tests/support/recording_responder.h"

namespace holdfast {
namespace {

/// Unlike assert() also in optimised builds.
void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

using Chunks = std::vector<std::string_view>;

struct Input {
  unsigned mode = 0;
  std::string_view stream;
  Chunks chunks;
};

Input parseInput(std::string_view bytes) {
  Input input;
  if (bytes.empty()) return input;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const std::string_view sizes = bytes.substr(1, first & 15U);
  input.mode = first >> 4;
  input.stream = bytes.substr(1 + sizes.size());
  std::string_view rest = input.stream;
  for (std::size_t i = 0; !rest.empty(); ++i) {
    const std::size_t size =
        sizes.empty() ? rest.size() : 1U + static_cast<unsigned char>(sizes[i % sizes.size()]);
    input.chunks.push_back(rest.substr(0, size));
    rest.remove_prefix(input.chunks.back().size());
  }
  return input;
}

// --- the decoder ---

using Record = std::tuple<unsigned, unsigned, std::string>;

struct Decoded {
  std::vector<Record> records;  ///< the last one may be incomplete
  bool bad_version = false;
  bool at_boundary = true;
  bool operator==(const Decoded&) const = default;
};

constexpr std::uint32_t kStreamed = 1U << FCGI_PARAMS | 1U << FCGI_STDIN | 1U << FCGI_DATA;

Decoded decode(const Chunks& chunks) {
  RecordDecoder decoder(kStreamed);
  Decoded seen;
  bool open = false;
  for (const std::string_view chunk : chunks) {
    std::vector<std::byte> buffer(kRecordHeaderBytes + chunk.size());
    std::ranges::copy(asBytes(chunk), buffer.data() + kRecordHeaderBytes);
    std::span<std::byte> input = std::span(buffer).subspan(kRecordHeaderBytes);
    std::vector<std::pair<std::span<std::byte>, std::string>> borrowed;
    for (;;) {
      RecordPiece piece;
      const RecordStatus status = decoder.next(input, piece);
      if (status == RecordStatus::kBadVersion) {
        seen.bad_version = true;
        return seen;
      }
      if (status == RecordStatus::kNeedMore) break;
      require(piece.content.size() <= piece.header.content_length, "a piece is part of its record");
      if (!open) seen.records.emplace_back(piece.header.type, piece.header.request_id, "");
      auto& [type, id, content] = seen.records.back();
      require(type == piece.header.type && id == piece.header.request_id,
              "a record is not interrupted by another");
      content += asText(piece.content);
      open = !piece.last;
      require(piece.last == (content.size() == piece.header.content_length),
              "the last piece completes the record");
      std::byte* const at = piece.content.data();
      if (!piece.content.empty() && at >= buffer.data() && at < buffer.data() + buffer.size()) {
        require(at - buffer.data() >= static_cast<std::ptrdiff_t>(kRecordHeaderBytes),
                "a header's room is before each piece");
        borrowed.emplace_back(piece.content, asText(piece.content));
        std::memset(at - kRecordHeaderBytes, 0xEE, kRecordHeaderBytes);
      }
    }
    require(input.empty(), "kNeedMore comes when the input is used up");
    for (const auto& [bytes, was] : borrowed) {
      require(asText(bytes) == was, "room before one piece is not part of another");
    }
  }
  seen.at_boundary = decoder.atBoundary();
  return seen;
}

/// What was decoded, encoded again, is decoded to the same.
void requireRoundTrip(const std::vector<Record>& records) {
  std::vector<std::byte> bytes;
  for (const auto& [type, id, content] : records) {
    appendRecord(bytes, static_cast<std::uint8_t>(type), static_cast<std::uint16_t>(id), content);
  }
  const Decoded again = decode({asText(bytes)});
  require(again.records == records && again.at_boundary, "records survive a round trip");
}

void requirePairs(std::string_view encoded) {
  constexpr std::size_t kMaxPairs = 50;
  Params params;
  const PairsStatus status = decodePairs(asBytes(encoded), kMaxPairs, params);
  require(params.size() <= kMaxPairs, "no more pairs than the limit");
  require(params.bytes() + 2 * params.size() <= encoded.size(), "pairs come from the input");
  std::string bytes;
  for (std::size_t i = 0; i < params.size(); ++i) {
    appendPair(bytes, params[i].name, params[i].value);
  }
  Params again;
  require(decodePairs(asBytes(bytes), kMaxPairs, again) == PairsStatus::kOk, "pairs are encoded");
  require(again.size() == params.size(), "as many pairs as before");
  for (std::size_t i = 0; i < params.size(); ++i) {
    require(again[i].name == params[i].name && again[i].value == params[i].value,
            "pairs survive a round trip");
  }
  if (status == PairsStatus::kOk) {
    require(bytes.size() <= encoded.size(), "lengths are encoded in the shortest form");
  }
}

Decoded runDecoder(const Input& input) {
  const Decoded whole = decode({input.stream});
  const Decoded cut = decode(input.chunks);
  require(whole == cut, "the result does not depend on the reads");
  std::vector<Record> complete = whole.records;
  if (!whole.bad_version && !whole.at_boundary && !complete.empty()) complete.pop_back();
  requireRoundTrip(complete);
  std::map<unsigned, std::string> params;
  for (const auto& [type, id, content] : whole.records) {
    if (type == FCGI_PARAMS) params[id] += content;
  }
  for (const auto& [id, encoded] : params) requirePairs(encoded);
  return whole;
}

// --- a connection ---

/// A web server, a connection and an app in one thread: each round of the loop reads one chunk.
class Scene : private FcgiConnection::Owner {
 public:
  explicit Scene(const Input& input)
      : input_(input),
        limits_{2048, 20, 3, {}},
        pair_(makeSocketPair()),
        web_server_(std::move(pair_.theirs)),
        connection_(loop_, std::move(pair_.ours), 1, limits_, capacity_, sink_, on_finished_,
                    *this) {}

  void play() {
    loop_.post([this] { step(); });
    loop_.run();
    require(closed_, "a connection ends with the web server's end of it");
    for (const auto& app : apps_) {
      require(app->clients_gone == (app->request ? 1 : 0), "who still answers is told once");
    }
  }

  /// All that the web server was sent.
  const std::string& sent() const { return sent_; }

 private:
  /// Rounds of the loop cost time: what is left after so many comes in one.
  static constexpr std::size_t kMaxReads = 20;

  enum Mode : unsigned { kTakeBodies = 1, kAnswerAtOnce = 2, kAnswerComplete = 4, kCut = 8 };

  void step() {
    receive();
    answerSome();
    if (next_ < input_.chunks.size() && next_ < kMaxReads) {
      const std::string_view chunk = input_.chunks[next_++];
      web_server_.write(asBytes(next_ < kMaxReads ? chunk : restFrom(chunk)));
    } else if (!ended_) {
      ended_ = true;
      web_server_.close();
    } else {
      return loop_.stop();
    }
    loop_.post([this] { step(); });
  }

  std::string_view restFrom(std::string_view chunk) const {
    return {chunk.data(), input_.stream.data() + input_.stream.size()};
  }

  void receive() {
    char buffer[16384];
    while (web_server_) {
      const IoResult result = web_server_.read(std::as_writable_bytes(std::span(buffer)));
      if (!result.ok()) return;
      sent_.append(buffer, result.bytes);
    }
  }

  void onRequest(std::shared_ptr<Request> request) {
    apps_.push_back(
        std::make_unique<RecordingResponder>(std::move(request), input_.mode & kTakeBodies));
    if (input_.mode & kAnswerAtOnce) answer(*apps_.back());
  }

  void answerSome() {
    if (!(input_.mode & kAnswerComplete)) return;
    for (const auto& app : apps_) {
      if (app->request && app->complete) answer(*app);
    }
  }

  void answer(RecordingResponder& app) {
    if (app.clients_gone > 0) return;
    app.request->reportError("said on the error stream");
    if (input_.mode & kCut) {
      app.request->start({});
      app.cut();
    } else {
      app.answer(app.body.empty() ? "small" : std::string(3000, 'b'));
    }
  }

  void onRefused(const std::string&) override {}
  void onIdle(FcgiConnection&, bool) override {}
  void onClosed(FcgiConnection&) override {
    require(!closed_, "it is closed once");
    closed_ = true;
  }

  const Input& input_;
  const FcgiLimits limits_;
  const FcgiCapacity capacity_{7, 11};
  EventLoop loop_;
  SocketPair pair_;
  Socket web_server_;
  std::vector<std::unique_ptr<RecordingResponder>> apps_;
  const RequestSink sink_ = [this](std::shared_ptr<Request> request) {
    onRequest(std::move(request));
  };
  const FinishedSink on_finished_;
  std::size_t next_ = 0;
  bool ended_ = false;
  bool closed_ = false;
  std::string sent_;
  FcgiConnection connection_;
};

void runConnection(const Input& input, const Decoded& expected) {
  std::map<unsigned, int> begun;
  for (const auto& [type, id, content] : expected.records) {
    if (type == FCGI_BEGIN_REQUEST) ++begun[id];
  }
  Scene scene(input);
  scene.play();
  for (const auto& [type, id, content] : decode({scene.sent()}).records) {
    switch (type) {
      case FCGI_STDOUT:
      case FCGI_STDERR:
        require(begun[id] > 0, "an answer belongs to a request");
        break;
      case FCGI_END_REQUEST:
        require(content.size() == 8, "FCGI_END_REQUEST has eight bytes");
        require(begun[id]-- > 0, "a request ends once");
        break;
      case FCGI_GET_VALUES_RESULT:
      case FCGI_UNKNOWN_TYPE:
        require(id == 0, "management records have no request id");
        break;
      default:
        require(false, "a web server gets only what it knows");
    }
  }
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const Input input = parseInput({reinterpret_cast<const char*>(data), size});
  runConnection(input, runDecoder(input));
  return 0;
}
