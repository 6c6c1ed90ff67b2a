#include "host/trace.h"

#include "config/letter_case.h"
#include "config/printable.h"
#include "config/text_parts.h"
#include "host/log.h"

namespace holdfast::trace {

namespace {

struct NamedTopic {
  const char* name;
  Topic topic;
};

constexpr NamedTopic kTopics[] = {
    {"fcgi", kFcgi}, {"http", kHttp}, {"link", kLink}, {"worker", kWorker}, {"hold", kHold}};

const NamedTopic* findTopic(std::string_view name) {
  for (const NamedTopic& topic : kTopics) {
    if (equalsIgnoringCase(name, topic.name)) return &topic;
  }
  return nullptr;
}

std::string_view withoutBlanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::string turnOn(std::string_view list) {
  std::string unknown;
  unsigned on = 0;
  for (const std::string_view part : split(list, ',')) {
    const std::string_view name = withoutBlanks(part);
    if (name.empty()) continue;
    if (const NamedTopic* topic = findTopic(name)) {
      on |= topic->topic;
    } else {
      unknown += (unknown.empty() ? "" : ", ") + inQuotes(name);
    }
  }
  topics_on = on;
  if (unknown.empty()) return {};
  std::string known;
  for (const NamedTopic& topic : kTopics)
    known += (known.empty() ? "" : ", ") + std::string(topic.name);
  return "HOLDFAST_TRACE knows no " + unknown + "; its topics are " + known;
}

void say(Topic topic, const std::string& text) {
  for (const NamedTopic& known : kTopics) {
    if (known.topic == topic) log::trace(known.name, text);
  }
}

}  // namespace holdfast::trace
