#include "deploy/generate/parts.h"

#include "deploy/generate/configurations.h"

namespace holdfast::deploy {

std::string quotedText(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string pattern(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '.') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string joined(const std::vector<std::string>& list, std::string_view separator) {
  std::string text;
  for (const std::string& element : list) {
    if (!text.empty()) text += separator;
    text += element;
  }
  return text;
}

std::string tlsWarning(const WebSite& site) {
  if (site.tls || !site.channel) return {};
  return "# !!! Plain HTTP. The debugger's secret would cross the network readable for everybody "
         "on\n"
         "# !!! the way, so the host refuses it here. Debugging needs TLS: make this file again "
         "with\n"
         "# !!! --certificate FILE --key FILE.";
}

std::string channelHint(const WebSite& site) {
  if (site.channel) return {};
  return "# No debugging through " + site.debug_path +
         ": the host has no server.channel (see `holdfast serve --help`). Set it,\n"
         "# or add --channel, and make this file again.";
}

std::string configurationFor(std::string_view server, const WebSite& site) {
  if (server == "nginx") return nginxConfiguration(site);
  if (server == "lighttpd") return lighttpdConfiguration(site);
  if (server == "apache") return apacheConfiguration(site);
  if (server == "caddy") return caddyConfiguration(site);
  throw WrongSite("there is no configuration for " + std::string(server));
}

}  // namespace holdfast::deploy
