#include "host/worker/wsgi_environ.h"

#include <Poco/String.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "host/front/full_path.h"

namespace holdfast {

namespace {

constexpr std::array<std::string_view, 5> kReplaced = {"SCRIPT_NAME", "PATH_INFO", "HTTP_PROXY",
                                                       "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE"};

bool isReplaced(std::string_view name) {
  for (const std::string_view replaced : kReplaced) {
    if (name == replaced) return true;
  }
  return false;
}

/// Empty, or as Go's FastCGI client (Caddy) says that a body has no known length.
bool isUnknownLength(std::string_view text) { return text.empty() || text == "-1"; }

constexpr std::array<Params::Pair, 4> kRequired = {{{"SERVER_NAME", "localhost"},
                                                    {"SERVER_PORT", "80"},
                                                    {"SERVER_PROTOCOL", "HTTP/1.1"},
                                                    {"QUERY_STRING", ""}}};

/// PEP 3333: some values are never empty. nginx without a server_name sends such a SERVER_NAME.
bool hasDefault(const Params::Pair& pair) {
  return pair.value.empty() && std::any_of(kRequired.begin(), kRequired.end(),
                                           [&](const auto& one) { return one.name == pair.name; });
}

bool isOmitted(const Params::Pair& pair) {
  if (pair.name.empty() || pair.name.starts_with("wsgi.")) return true;
  if (pair.name == "CONTENT_LENGTH") return isUnknownLength(pair.value);
  return (pair.name == "CONTENT_TYPE" && pair.value.empty()) || hasDefault(pair);
}

/// `/app` mounts `/app` and `/app/x`, not `/apple`.
bool isBelow(std::string_view path, std::string_view mount) {
  return path.size() >= mount.size() &&
         Poco::icompare(std::string(path.substr(0, mount.size())), std::string(mount)) == 0 &&
         (path.size() == mount.size() || path[mount.size()] == '/');
}

class Encoder {
 public:
  explicit Encoder(std::size_t bytes) { text_.reserve(bytes); }
  void add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_.push_back('\0');
    text_.append(name).push_back('\0');
    text_.append(value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

std::optional<std::uint64_t> parseLength(std::string_view text) {
  std::int64_t length = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size() || length < 0) return std::nullopt;
  if (text.front() == '-') return std::nullopt;
  return static_cast<std::uint64_t>(length);
}

SplitPath splitPath(const Params& params, const PathRule& rule) {
  if (rule.split_by_server && rule.mount.empty()) {
    return {std::string(params.get("SCRIPT_NAME")), std::string(params.get("PATH_INFO"))};
  }
  std::string path = fullPath(params);
  if (!rule.mount.empty() && isBelow(path, rule.mount)) {
    return {rule.mount, path.substr(rule.mount.size())};
  }
  return {"", std::move(path)};
}

std::variant<std::string, EnvironProblem> encodeEnviron(const Params& params,
                                                        const PathRule& rule) {
  if (params.get("REQUEST_METHOD").empty()) {
    return EnvironProblem{
        "the web server sent no REQUEST_METHOD",
        "let it send the usual FastCGI params; with nginx: include fastcgi_params;"};
  }
  Encoder environ(params.bytes() + 2 * params.size() + 128);
  for (std::size_t i = 0; i < params.size(); ++i) {
    const Params::Pair pair = params[i];
    if (pair.name == "CONTENT_LENGTH" && !isUnknownLength(pair.value) && !parseLength(pair.value)) {
      return EnvironProblem{"CONTENT_LENGTH is no number", "send the length of the body in bytes"};
    }
    if (pair.name.find('\0') != std::string_view::npos ||
        pair.value.find('\0') != std::string_view::npos) {
      return EnvironProblem{"a FastCGI param has a NUL byte in it",
                            "no browser asks for such a URL"};
    }
    if (!isReplaced(pair.name) && !isOmitted(pair)) {
      environ.add(pair.name, pair.value);
    }
  }
  const SplitPath path = splitPath(params, rule);
  environ.add("SCRIPT_NAME", path.script_name);
  environ.add("PATH_INFO", path.path_info);
  for (const auto& [name, value] : kRequired) {
    if (params.get(name).empty()) environ.add(name, value);
  }
  return environ.take();
}

}  // namespace holdfast
