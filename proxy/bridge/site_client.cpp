#include "proxy/bridge/site_client.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/URI.h>

#include "config/letter_case.h"
#include "config/printable.h"
#include "config/text_parts.h"
#include "proxy/bridge/jsonc.h"
#include "proxy/hold_json.h"

namespace holdfast::proxy {
namespace {

constexpr int kMostDepth = 16;  ///< of what a site says in JSON

std::string decodedPath(const std::string& text) {
  std::string path;
  try {
    Poco::URI::decode(text, path);
  } catch (const Poco::Exception&) {
    return {};
  }
  return path;
}

std::string encodedParameter(const std::string& text) {
  std::string result;
  Poco::URI::encode(text, "?&#+=/;", result);
  return result;
}

/// The value of the cookie `holdfast-debug` among those that an answer sets.
std::string sessionMark(const HeaderFields& headers) {
  constexpr std::string_view kCookie = "holdfast-debug=";
  for (const auto& [name, value] : headers) {
    if (!equalsIgnoringCase(name, "Set-Cookie") || !value.starts_with(kCookie)) continue;
    return printable(std::string_view(value).substr(0, value.find(';')).substr(kCookie.size()));
  }
  return {};
}

std::string printableMember(std::string_view json, const JsonValue& object, std::string_view name) {
  return printable(jsonString(json, object, name));
}

OtherDebugger otherDebugger(std::string_view json, const JsonValue& session) {
  OtherDebugger other;
  other.client = printableMember(json, session, "client");
  other.name = printableMember(json, session, "name");
  if (const JsonValue* const since = session.find("since_seconds")) {
    const auto seconds = parseUnsigned(json.substr(since->begin, since->end - since->begin), 10);
    other.since = std::chrono::seconds(seconds.value_or(0));
  }
  return other;
}

}  // namespace

std::optional<SiteState> parseSiteState(std::string_view json) {
  std::string problem;
  const auto root = parseJsonc(json, problem);
  const JsonValue* const engine = root ? root->find("engine") : nullptr;
  if (engine == nullptr || !engine->isObject()) return std::nullopt;
  SiteState state;
  state.engine_state = jsonString(json, *engine, "state");
  state.engine = printableMember(json, *engine, "name");
  const std::string version = printableMember(json, *engine, "version");
  if (!version.empty()) state.engine += ' ' + version;
  state.engine_problem = printableMember(json, *engine, "problem");
  state.python = printableMember(json, *engine, "python");
  const JsonValue* const session = root->find("session");
  if (session != nullptr && session->isObject()) state.other = otherDebugger(json, *session);
  state.app_root = jsonString(json, *root, "app_root");
  state.is_marked = jsonString(json, *root, "route") == "marked";
  return state;
}

std::optional<HoldReport> parseSiteHolds(std::string_view json,
                                         std::chrono::steady_clock::time_point now) {
  try {
    Poco::JSON::Parser parser;
    parser.setDepth(kMostDepth);
    const Poco::Dynamic::Var root = parser.parse(std::string(json));
    if (root.type() != typeid(Poco::JSON::Object::Ptr)) return std::nullopt;
    return readHolds(*root.extract<Poco::JSON::Object::Ptr>(), now);
  } catch (const Poco::Exception&) {
    return std::nullopt;
  }
}

SiteState SiteClient::state(StoppableWait& wait) const {
  const HttpAnswer answer = get(route_.url.path + "/state", wait);
  const auto state = answer.status == 200 ? parseSiteState(answer.body) : std::nullopt;
  if (!state) throw SiteFailure(judgeAnswer(route_.url, answer));
  return *state;
}

HoldReport SiteClient::holds(StoppableWait& wait) const {
  const HttpAnswer answer = get(route_.url.path + "/state", wait);
  const auto now = std::chrono::steady_clock::now();
  const auto holds = answer.status == 200 ? parseSiteHolds(answer.body, now) : std::nullopt;
  if (!holds) throw SiteFailure(judgeAnswer(route_.url, answer));
  return *holds;
}

void SiteClient::probe(StoppableWait& wait) const {
  const SiteConnection connection = connectToSite(route_, wait);
  HttpAnswerReader reader(AnswerTo::kUpgrade);
  const HeaderFields upgrade = upgradeRequestHeaders(makeRequestKey());
  exchange(route_.url, connection.socket, request(route_.url.path + "/probe", upgrade), reader,
           wait);
  if (showsMissingWebSockets(reader.answer().status)) {
    throw SiteFailure(webSocketsOff(route_.url, reader.answer()));
  }
}

std::optional<std::string> SiteClient::sourceHash(const std::string& file,
                                                  StoppableWait& wait) const {
  const HttpAnswer answer = get(route_.url.path + "/source?file=" + encodedParameter(file), wait);
  if (answer.status == 404) return std::nullopt;
  std::string problem;
  const auto root = answer.status == 200 ? parseJsonc(answer.body, problem) : std::nullopt;
  const std::string hash = root ? lowerCase(jsonString(answer.body, *root, "sha256")) : "";
  if (hash.empty()) throw SiteFailure(judgeAnswer(route_.url, answer));
  return hash;
}

SiteStream SiteClient::attach(StoppableWait& wait) const {
  SiteStream stream;
  stream.connection = connectToSite(route_, wait);
  const std::string key = makeRequestKey();
  HeaderFields headers = upgradeRequestHeaders(key);
  for (auto& field : credentials()) headers.push_back(std::move(field));
  std::string target = route_.url.path;
  if (!route_.url.query.empty()) target += '?' + route_.url.query;
  HttpAnswerReader reader(AnswerTo::kUpgrade);
  exchange(route_.url, stream.connection.socket, request(target, headers), reader, wait);
  const HttpAnswer& answer = reader.answer();
  const std::string objection = checkAnswer(answer.status, answer.headers, key);
  if (!objection.empty()) throw SiteFailure(judgeUpgrade(route_.url, answer, objection));
  stream.leftover = reader.leftover();
  stream.app_root = decodedPath(answer.header("Holdfast-App-Root"));
  stream.mark = sessionMark(answer.headers);
  return stream;
}

HttpAnswer SiteClient::get(const std::string& target, StoppableWait& wait) const {
  const SiteConnection connection = connectToSite(route_, wait);
  HeaderFields headers = credentials();
  headers.emplace_back("Connection", "close");
  HttpAnswerReader reader(AnswerTo::kGet);
  exchange(route_.url, connection.socket, request(target, headers), reader, wait);
  return reader.answer();
}

HeaderFields SiteClient::credentials() const {
  if (route_.url.secret.empty()) return {};
  return {{"Authorization", "Bearer " + route_.url.secret.reveal()}};
}

std::string SiteClient::request(const std::string& target, const HeaderFields& headers) const {
  std::string text = "GET " + target + " HTTP/1.1\r\nHost: " + route_.url.authority() +
                     "\r\nUser-Agent: holdfast\r\nAccept: */*\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  return text + "\r\n";
}

}  // namespace holdfast::proxy
