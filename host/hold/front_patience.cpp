#include "host/hold/front_patience.h"

#include <string>
#include <string_view>

#include "config/quantities.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

struct Known {
  std::string_view software;  ///< what SERVER_SOFTWARE begins with
  FrontEndKind kind;
  std::optional<std::chrono::milliseconds> limit;
};

constexpr auto kUsual = 60s;
constexpr auto kFcgidBusyTimeout = 300s;

constexpr Known kKnown[] = {
    {"nginx", FrontEndKind::kNginx, kUsual},
    {"openresty", FrontEndKind::kNginx, kUsual},
    {"Apache", FrontEndKind::kApache, kUsual},
    {"lighttpd", FrontEndKind::kLighttpd, std::nullopt},
    {"Caddy", FrontEndKind::kCaddy, std::nullopt},
    {"Microsoft-IIS", FrontEndKind::kIis, 30s},
    {"holdfast", FrontEndKind::kEmbedded, std::nullopt},
};

FrontPatience knownOf(std::string_view software) {
  for (const Known& known : kKnown) {
    if (software.starts_with(known.software)) return {known.kind, known.limit};
  }
  return {FrontEndKind::kOther, kUsual};
}

}  // namespace

const char* nameOf(FrontEndKind kind) {
  switch (kind) {
    case FrontEndKind::kNginx:
      return "nginx";
    case FrontEndKind::kLighttpd:
      return "lighttpd";
    case FrontEndKind::kApache:
      return "Apache";
    case FrontEndKind::kModFcgid:
      return "mod_fcgid";
    case FrontEndKind::kCaddy:
      return "Caddy";
    case FrontEndKind::kIis:
      return "IIS";
    case FrontEndKind::kEmbedded:
      return "holdfast";
    case FrontEndKind::kOther:
      break;
  }
  return "the front end";
}

std::string limitInWords(const FrontPatience& patience) {
  const std::string name = patience.beyond
                               ? std::string("what stands before ") + nameOf(patience.kind)
                               : nameOf(patience.kind);
  return patience.limit ? name + " waits " + durationText(*patience.limit)
                        : name + " waits for ever";
}

std::string remedyFor(FrontEndKind kind) {
  switch (kind) {
    case FrontEndKind::kNginx:
      return "`holdfast generate nginx`";
    case FrontEndKind::kLighttpd:
      return "`holdfast generate lighttpd`";
    case FrontEndKind::kApache:
      return "`holdfast generate apache`";
    case FrontEndKind::kCaddy:
      return "`holdfast generate caddy`";
    default:
      return "a longer limit there, told to the host by HOLDFAST_PATIENCE,";
  }
}

FrontPatience patienceOf(const Params& params, std::chrono::milliseconds setting,
                         bool from_mod_fcgid) {
  FrontPatience patience = knownOf(params.get("SERVER_SOFTWARE"));
  // Some that are Apache call themselves otherwise.
  const bool may_be_apache =
      patience.kind == FrontEndKind::kApache || patience.kind == FrontEndKind::kOther;
  if (from_mod_fcgid && may_be_apache) patience = {FrontEndKind::kModFcgid, kFcgidBusyTimeout};
  if (setting > 0ms) patience.limit = setting;
  std::chrono::milliseconds told{0};
  const std::string text(params.get("HOLDFAST_PATIENCE"));
  if (text.empty() || parseDuration(text, 1s, 365 * 24h, told)) return patience;
  patience.beyond = setting > 0ms && setting < told;
  if (!patience.beyond) patience.limit = told;
  return patience;
}

}  // namespace holdfast
