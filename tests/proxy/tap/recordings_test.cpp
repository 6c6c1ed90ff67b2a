/// What the taps say of recorded sessions of real engines.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/tap/dap_framing.h"
#include "proxy/tap/session_tap.h"
#include "tests/support/bytes.h"
#include "tests/support/cuts.h"
#include "tests/support/recorded_session.h"

namespace holdfast::proxy {
namespace {

using std::chrono::milliseconds;
using Kind = RecordedEntry::Kind;

/// As long as the tap may differ from the truth: engines need up to 0.25 s to answer `continue`.
constexpr milliseconds kTolerance{250};

SessionTap::Time at(milliseconds time) { return SessionTap::Time(time); }

void feed(SessionTap& tap, const RecordedEntry& entry) {
  if (entry.kind == Kind::kClient) tap.onClient(entry.text, at(entry.time));
  if (entry.kind == Kind::kEngine) tap.onEngine(entry.text, at(entry.time));
}

/// `breakpoint app.py:14 target`
std::string shown(const std::optional<Hold>& hold) {
  if (!hold) return "running";
  if (hold->kind == Hold::Kind::kUnknown) return "unknown";
  return hold->reason + ' ' + hold->file.substr(hold->file.rfind('/') + 1) + ':' +
         std::to_string(hold->line) + ' ' + hold->function;
}

/// What the tap says against what is true, while time passes.
class Comparison {
 public:
  /// Nothing happens until then.
  void wait(milliseconds time) {
    const bool same = said_held_ == truly_held_;
    if (same || time > same_until_ + kTolerance) compared_ += time > quiet_since_ + kTolerance;
    if (same) {
      same_until_ = time;
    } else {
      longest_difference = std::max(longest_difference, time - same_until_);
    }
    quiet_since_ = time;
  }
  void onSaid(bool held) { said_held_ = held; }
  /// A difference begins anew: the tap cannot know before the engine does.
  void onTruth(milliseconds time, bool held) {
    if (held != truly_held_) same_until_ = time;
    truly_held_ = held;
  }

  int compared() const { return compared_; }  ///< moments at which nothing was under way
  milliseconds longest_difference{0};

 private:
  int compared_ = 0;
  bool said_held_ = false;
  bool truly_held_ = false;
  milliseconds same_until_{0};
  milliseconds quiet_since_{0};
};

Comparison compareWithTheTruth(const std::string& name) {
  SessionTap tap;
  Comparison comparison;
  const std::vector<RecordedEntry> entries = recordedSession(name);
  for (const RecordedEntry& entry : entries) {
    comparison.wait(entry.time);
    if (entry.kind == Kind::kTruth) comparison.onTruth(entry.time, entry.suspended > 0);
    feed(tap, entry);
    comparison.onSaid(tap.news().hold.has_value());
  }
  // A recording that ends without a goodbye went on like that.
  comparison.wait(entries.back().time + 2 * kTolerance);
  return comparison;
}

TEST(RecordedHolds, AreWhatTheTapSays) {
  int compared = 0;
  for (const char* name :
       {"holds-debugpy-1.8.22-python3.11.jsonl", "holds-debugpy-1.8.22-python3.12.jsonl",
        "holds-debugpy-in-process-python3.11.jsonl", "holds-ptvsd-4.3.2-python3.11.jsonl"}) {
    SCOPED_TRACE(name);
    const Comparison comparison = compareWithTheTruth(name);
    EXPECT_LE(comparison.longest_difference, kTolerance);
    compared += comparison.compared();
  }
  EXPECT_GT(compared, 100);
}

/// What the tap says, each time that it says something else.
std::vector<std::string> story(const std::vector<RecordedEntry>& entries) {
  SessionTap tap;
  std::vector<std::string> said;
  for (const RecordedEntry& entry : entries) {
    feed(tap, entry);
    const std::string now = shown(tap.news().hold);
    if (said.empty() ? now != "running" : now != said.back()) said.push_back(now);
  }
  return said;
}

TEST(RecordedSession, OfVisualStudioCode) {
  EXPECT_EQ(story(recordedSession("dap-client-vscode.jsonl")),
            (std::vector<std::string>{"breakpoint :0 ", "breakpoint app.py:14 target", "running",
                                      "step :0 ", "step app.py:15 target", "running",
                                      "breakpoint :0 ", "breakpoint app.py:14 target"}));
}

TEST(RecordedSession, OfNvim) {
  EXPECT_EQ(story(recordedSession("dap-client-nvim-dap.jsonl")),
            (std::vector<std::string>{"breakpoint :0 ", "breakpoint app.py:14 target", "running",
                                      "step :0 ", "step app.py:15 target", "running"}));
}

TEST(RecordedSession, OfVisualStudio) {
  for (const char* name : {"dap-client-like-visual-studio-debugpy.jsonl",
                           "dap-client-like-visual-studio-ptvsd-4.3.2.jsonl"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(story(recordedSession(name)),
              (std::vector<std::string>{"breakpoint :0 ", "running"}));
  }
}

TEST(RecordedSession, OfEachThingThatAClientDoes) {
  auto entries = recordedSession("dap-debugpy-1.8.22-full-session.jsonl");
  const auto second = std::find_if(entries.begin(), entries.end(), [](const RecordedEntry& entry) {
    return entry.text == "second attach";
  });
  ASSERT_NE(second, entries.end());
  entries.erase(second, entries.end());
  EXPECT_EQ(story(entries),
            (std::vector<std::string>{
                "breakpoint :0 ", "breakpoint app.py:14 target", "running", "step :0 ",
                "step app.py:15 target", "running", "step :0 ", "step app.py:16 target", "running",
                "step :0 ", "step app.py:20 inner", "running", "step :0 ", "step app.py:16 target",
                "running", "pause :0 ", "running", "exception :0 ", "running", "breakpoint :0 ",
                "running", "breakpoint :0 ", "running",
                // held, and the debugger goes
                "breakpoint :0 ", "running"}));
}

TEST(RecordedSession, OfTheLegacyProtocol) {
  EXPECT_EQ(
      story(recordedSession("legacy-ptvsd-3.2.1.jsonl")),
      (std::vector<std::string>{
          "entry selectors.py:418 select", "running", "breakpoint app.py:14 target", "running",
          "step app.py:15 target", "running", "pause app.py:49 application", "running",
          // It asks which exceptions five files handle.
          "exception :0 ", "running", "exception :0 ", "running", "exception :0 ", "running",
          "exception :0 ", "running", "exception :0 ", "running", "exception app.py:24 raiser",
          "running", "exception app.py:39 application", "running",
          // held, and the debugger goes
          "breakpoint app.py:14 target", "running"}));
}

/// What is sent in each direction until the other one says something.
struct Turn {
  bool is_client = false;
  std::string bytes;
};

std::vector<Turn> turnsOf(const std::vector<RecordedEntry>& entries) {
  std::vector<Turn> turns;
  for (const RecordedEntry& entry : entries) {
    if (!entry.isMessage()) continue;
    const bool is_client = entry.kind == Kind::kClient;
    if (turns.empty() || turns.back().is_client != is_client) turns.push_back({is_client, ""});
    turns.back().bytes += encodeMessage(entry.text);
  }
  return turns;
}

/// A session as it comes from sockets.
class CutSession {
 public:
  void read(bool is_client, std::string_view bytes) {
    MessageDecoder& decoder = is_client ? from_client_ : from_engine_;
    std::span<const std::byte> input = asBytes(bytes);
    std::string_view content;
    while (decoder.next(input, content) == DecodeStatus::kMessage) {
      const bool changed =
          is_client ? tap_.onClient(content, at({})) : tap_.onEngine(content, at({}));
      if (changed) said.push_back(shown(tap_.news().hold));
    }
  }

  std::vector<std::string> said;

 private:
  MessageDecoder from_client_{1 << 20};
  MessageDecoder from_engine_{1 << 20};
  SessionTap tap_;
};

std::vector<std::string> saidWhenCut(const std::vector<Turn>& turns, auto cut) {
  CutSession session;
  for (const Turn& turn : turns) {
    for (const std::string_view piece : cut(turn.bytes)) session.read(turn.is_client, piece);
  }
  return session.said;
}

TEST(RecordedSession, SaysTheSameWhereverItIsCut) {
  for (const char* name : {"holds-debugpy-1.8.22-python3.11.jsonl", "legacy-ptvsd-3.2.1.jsonl",
                           "holds-ptvsd-4.3.2-python3.11.jsonl"}) {
    SCOPED_TRACE(name);
    const std::vector<Turn> turns = turnsOf(recordedSession(name));
    const auto whole = saidWhenCut(turns, [](std::string_view bytes) { return Chunks{bytes}; });
    EXPECT_GT(whole.size(), 10U);
    EXPECT_EQ(saidWhenCut(turns, [](std::string_view bytes) { return cutEvery(bytes, 1); }), whole);
    for (unsigned seed = 1; seed <= 10; ++seed) {
      const auto cut = [&](std::string_view bytes) { return cutAtRandom(bytes, seed); };
      EXPECT_EQ(saidWhenCut(turns, cut), whole) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace holdfast::proxy
