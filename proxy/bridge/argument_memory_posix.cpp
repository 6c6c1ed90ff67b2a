#include <algorithm>
#include <cstring>
#include <string_view>

#include "proxy/bridge/argument_memory.h"
#include "proxy/bridge/site_url.h"

namespace holdfast::proxy {
namespace {

constexpr std::string_view kHidden = "***";

}  // namespace

/// The arguments stand in the very memory from which the kernel reads the title.
Secret hideUserPart(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::string_view user = userPart(argument);
    if (user.empty() || argument.find("://") == std::string_view::npos) continue;
    Secret secret(user);
    // Its length is nobody's business either: what follows it moves up.
    char* const begin = argv[i] + (user.data() - argument.data());
    const std::size_t hidden = std::min(kHidden.size(), user.size());
    const std::size_t rest =
        argument.size() - static_cast<std::size_t>(begin - argv[i]) - user.size();
    std::memset(begin, '*', hidden);
    std::memmove(begin + hidden, begin + user.size(), rest);
    std::memset(begin + hidden + rest, 0, user.size() - hidden);
    return secret;
  }
  return {};
}

}  // namespace holdfast::proxy
