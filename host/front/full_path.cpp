#include "host/front/full_path.h"

namespace holdfast {

bool servedByIis(const Params& params) {
  return params.get("SERVER_SOFTWARE").starts_with("Microsoft-IIS/");
}

std::string fullPath(const Params& params) {
  const std::string_view info = params.get("PATH_INFO");
  const std::string_view script = servedByIis(params) ? "" : params.get("SCRIPT_NAME");
  std::string path;
  path.reserve(script.size() + info.size());
  return path.append(script).append(info);
}

}  // namespace holdfast
