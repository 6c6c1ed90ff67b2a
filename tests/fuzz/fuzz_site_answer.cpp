/// \file fuzz_site_answer.cpp
/// What a site or a proxy may answer the bridge: it is the same whatever the reads are, within its
/// limits, and what is said about it is fit for a terminal.
///
///     | what was asked: 0 to 2 | size of reads | the answer ...
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proxy/bridge/http_answer.h"
#include "proxy/bridge/site_client.h"
#include "proxy/bridge/site_problem.h"

namespace holdfast::proxy {
namespace {

using Progress = HttpAnswerReader::Progress;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

struct Seen {
  Progress progress = Progress::kNeedMore;
  HttpAnswer answer;
};

Seen read(std::string_view bytes, std::size_t read_size, AnswerTo asked) {
  HttpAnswerReader reader(asked);
  Seen seen;
  for (; !bytes.empty() && seen.progress == Progress::kNeedMore;
       bytes.remove_prefix(std::min(read_size, bytes.size()))) {
    seen.progress = reader.take(bytes.substr(0, read_size));
  }
  if (seen.progress == Progress::kNeedMore) seen.progress = reader.end();
  seen.answer = reader.answer();
  return seen;
}

void checkText(const std::string& text) {
  require(!text.empty(), "something is said");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    require(c == '\n' || (byte >= 0x20 && byte != 0x7F), "what is said is fit for a terminal");
  }
}

void run(std::string_view bytes) {
  if (bytes.size() < 2) return;
  const auto asked = static_cast<AnswerTo>(static_cast<unsigned char>(bytes[0]) % 3);
  const std::size_t read_size = static_cast<unsigned char>(bytes[1]) % 64 + std::size_t{1};
  bytes.remove_prefix(2);
  const Seen whole = read(bytes, bytes.size() + 1, asked);
  const Seen cut = read(bytes, read_size, asked);
  require(whole.progress == cut.progress, "reads do not change whether it is an answer");
  if (whole.progress != Progress::kDone) return;
  require(whole.answer.status == cut.answer.status, "reads do not change the status");
  require(whole.answer.headers == cut.answer.headers, "nor the headers");
  require(whole.answer.body == cut.answer.body, "nor the body");
  require(whole.answer.body.size() <= HttpAnswerReader::kMaxBody, "a body has its limit");
  std::string objection;
  const auto url = parseSiteUrl("wss://site.example/ptvsd", objection);
  checkText(judgeAnswer(*url, whole.answer).text);
  checkText(judgeUpgrade(*url, whole.answer, "objection").text);
  if (const auto state = parseSiteState(whole.answer.body)) {
    checkText("engine " + state->engine + state->engine_problem + state->python);
    if (state->other) checkText("other " + state->other->client + state->other->name);
  }
}

}  // namespace
}  // namespace holdfast::proxy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::proxy::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
