/// \file recorded_session.h
/// Reads the recordings of debuggers' sessions: tests/proxy/recordings/README.md.
#pragma once

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

struct RecordedEntry {
  enum class Kind { kClient, kEngine, kMark, kTruth, kEnd };
  Kind kind = Kind::kEnd;
  std::chrono::milliseconds time{0};
  std::string text;   ///< a message as it was sent, or a mark
  int suspended = 0;  ///< threads, of the truth

  bool isMessage() const { return kind == Kind::kClient || kind == Kind::kEngine; }
};

namespace recorded {

/// The message at the end of the line, not changed by reading it.
inline std::string messageOf(const std::string& line) {
  const std::string key = "\"message\": ";
  const std::size_t begin = line.find(key) + key.size();
  return line.substr(begin, line.rfind('}') - begin);
}

inline RecordedEntry entryOf(const std::string& line) {
  Poco::JSON::Parser parser;
  const auto fields = parser.parse(line).extract<Poco::JSON::Object::Ptr>();
  RecordedEntry entry;
  entry.time =
      std::chrono::milliseconds(static_cast<int>(fields->getValue<double>("t") * 1000.0 + 100.0));
  if (fields->has("message")) {
    const bool is_client = fields->getValue<std::string>("from") == "client";
    entry.kind = is_client ? RecordedEntry::Kind::kClient : RecordedEntry::Kind::kEngine;
    entry.text = messageOf(line);
  } else if (fields->has("mark")) {
    entry.kind = RecordedEntry::Kind::kMark;
    entry.text = fields->getValue<std::string>("mark");
  } else if (fields->has("threads_suspended")) {
    entry.kind = RecordedEntry::Kind::kTruth;
    entry.suspended = fields->getValue<int>("threads_suspended");
  }
  return entry;
}

}  // namespace recorded

/// \return in order; times are from a moment before the first one
inline std::vector<RecordedEntry> recordedSession(const std::string& name) {
  std::ifstream file(HOLDFAST_TESTS_FOLDER "/proxy/recordings/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  std::vector<RecordedEntry> entries;
  for (std::string line; std::getline(file, line);) {
    entries.push_back(recorded::entryOf(line));
  }
  EXPECT_GT(entries.size(), 5U) << name;
  return entries;
}

}  // namespace holdfast
