#include "host/front/http_request_head.h"

#include <Poco/Ascii.h>
#include <Poco/String.h>

#include <algorithm>
#include <charconv>

namespace holdfast {

namespace {

constexpr std::size_t kMaxTargetBytes = 16 * 1024;
constexpr std::size_t kMaxHeaders = 100;
/// No body has more digits.
constexpr std::size_t kMaxLengthDigits = 18;

/// RFC 9110, section 5.6.2.
bool isToken(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return Poco::Ascii::isAlphaNumeric(static_cast<unsigned char>(c)) ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool isControl(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
}

/// In origin or asterisk form (RFC 9112, section 3.2).
bool isTarget(std::string_view text) {
  return (text.starts_with('/') || text == "*") &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return isControl(c) || c == ' ' || c == '\t' || c == '#'; });
}

/// A name or address, perhaps with a port; more exactly is the app's business.
bool isHost(std::string_view text) {
  return text.find_first_of(" \t/\\?#@,<>\"") == std::string_view::npos;
}

/// `http://` or `https://` at the beginning; 0 if it has neither.
std::size_t lengthOfScheme(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (Poco::icompare(std::string(target.substr(0, scheme.size())), std::string(scheme)) == 0) {
      return scheme.size();
    }
  }
  return 0;
}

std::string_view withoutBlanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool equals(std::string_view text, const char* other) {
  return Poco::icompare(std::string(text), other) == 0;
}

/// One of a comma-separated list.
bool listHas(std::string_view list, const char* item) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (equals(withoutBlanks(list.substr(0, comma)), item)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

/// The head, line by line, into a RequestHead; each step says what is wrong.
class Parser {
 public:
  using Refusal = std::optional<HttpRefusal>;

  Refusal parse(std::string_view head) {
    bool first = true;
    while (!head.empty()) {
      const std::size_t end = head.find("\r\n");
      if (end == std::string_view::npos) return refusal("A line does not end with CR LF.");
      const std::string_view line = head.substr(0, end);
      head.remove_prefix(end + 2);
      if (line.empty()) break;
      if (std::any_of(line.begin(), line.end(), isControl)) {
        return refusal("There is a control character in a line.");
      }
      if (Refusal wrong = std::exchange(first, false) ? takeRequestLine(line) : takeHeader(line)) {
        return wrong;
      }
    }
    return check();
  }

  RequestHead take() { return std::move(head_); }

 private:
  static Refusal refusal(std::string why) { return HttpRefusal{400, std::move(why)}; }

  Refusal takeRequestLine(std::string_view line) {
    const std::size_t space = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (space == std::string_view::npos || last == space) {
      return refusal("The first line is no HTTP request.");
    }
    head_.method = line.substr(0, space);
    takeTarget(line.substr(space + 1, last - space - 1));
    const std::string_view version = line.substr(last + 1);
    head_.http10 = version == "HTTP/1.0";
    if (!head_.http10 && version != "HTTP/1.1") return refusal("This server speaks HTTP/1.1.");
    if (!isToken(head_.method)) return refusal("The method is not correctly written.");
    if (!isTarget(head_.target)) return refusal("The URL is not correctly written.");
    if (head_.target.size() > kMaxTargetBytes) {
      return HttpRefusal{414, "The URL has more than 16 KiB."};
    }
    head_.keep_alive = !head_.http10;
    return std::nullopt;
  }

  /// Of the absolute form (RFC 9112, section 3.2.2) the host replaces the Host header.
  void takeTarget(std::string_view target) {
    const std::size_t scheme = lengthOfScheme(target);
    if (scheme == 0) {
      head_.target = target;
      return;
    }
    const std::size_t path = std::min(target.find_first_of("/?", scheme), target.size());
    authority_ = target.substr(scheme, path - scheme);
    head_.target = target.substr(path);
    if (!head_.target.starts_with('/')) head_.target.insert(0, 1, '/');
  }

  Refusal takeHeader(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return refusal("A header has no colon.");
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = withoutBlanks(line.substr(colon + 1));
    if (!isToken(name)) return refusal("A header's name is not correctly written.");
    if (head_.headers.size() == kMaxHeaders) {
      return HttpRefusal{431, "There are more than 100 headers."};
    }
    head_.headers.emplace_back(name, value);
    if (equals(name, "Host")) return takeHost(value);
    if (equals(name, "Content-Length")) return takeLength(value);
    if (equals(name, "Transfer-Encoding")) return takeCoding(value);
    if (equals(name, "Connection")) takeConnection(value);
    if (!equals(name, "Expect")) return std::nullopt;
    head_.expects_continue = equals(value, "100-continue");
    if (head_.expects_continue) return std::nullopt;
    return HttpRefusal{417, "The only expectation that is understood is 100-continue."};
  }

  Refusal takeHost(std::string_view value) {
    if (++hosts_ > 1) return refusal("There must be one Host header.");
    if (!isHost(value)) return refusal("The Host is not correctly written.");
    if (!authority_.empty()) head_.headers.back().second = authority_;
    return std::nullopt;
  }

  Refusal takeLength(std::string_view value) {
    if (value.empty() || value.size() > kMaxLengthDigits ||
        value.find_first_not_of("0123456789") != std::string_view::npos) {
      return refusal("The Content-Length is not a number of bytes.");
    }
    std::uint64_t length = 0;
    std::from_chars(value.data(), value.data() + value.size(), length);
    head_.length = length;
    ++lengths_;
    return std::nullopt;
  }

  Refusal takeCoding(std::string_view value) {
    if (head_.http10 || !equals(value, "chunked")) {
      return refusal("The only Transfer-Encoding that is understood is chunked, with HTTP/1.1.");
    }
    head_.chunked = true;
    ++lengths_;
    return std::nullopt;
  }

  void takeConnection(std::string_view value) {
    if (listHas(value, "close")) {
      closes_ = true;
    } else if (head_.http10 && listHas(value, "keep-alive")) {
      head_.keep_alive = true;
    }
  }

  Refusal check() {
    if (closes_) head_.keep_alive = false;
    if (lengths_ > 1) return refusal("The length of the body is given more than once.");
    if (!head_.http10 && hosts_ == 0) return refusal("There must be one Host header.");
    return std::nullopt;
  }

  RequestHead head_;
  std::string authority_;  ///< of an absolute target
  int hosts_ = 0;
  int lengths_ = 0;  ///< headers that tell the body's length
  bool closes_ = false;
};

}  // namespace

std::variant<RequestHead, HttpRefusal> parseRequestHead(std::string_view head) {
  Parser parser;
  if (const auto refusal = parser.parse(head)) return *refusal;
  return parser.take();
}

std::size_t endOfHead(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('\n', from); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    const std::string_view next = text.substr(at + 1, 2);
    if (next.starts_with('\n')) return at + 2;
    if (next == "\r\n") return at + 3;
  }
  return std::string_view::npos;
}

}  // namespace holdfast
